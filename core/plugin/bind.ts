import type { z } from "zod";
import type { Invocation, Literal, Span } from "../../grammar/index.ts";
import { toValue, ValueFault } from "../../grammar/index.ts";
import { fault, RustiqError } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Shape } from "./contract.ts";
import { isOptional } from "./describe.ts";
import { traitsOf } from "./parameters.ts";

/** Checks a parameter that is itself a command expression; throws the fault that running it would give. */
export type ExpressionCheck = (expression: string, owner: string | undefined) => void;

function quoteAll(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return quoted.length < 3
    ? quoted.join(" and ")
    : `${quoted.slice(0, -1).join(", ")}, and ${quoted[quoted.length - 1]}`;
}

/** Which literal goes to which parameter, by Python's rules (CPython reference 6.3.4, Calls). */
function assign(invocation: Invocation, shape: Shape): Map<string, Literal> {
  const command = invocation.command.text;
  const names = Object.keys(shape);
  const given = new Map<string, Literal>();
  // The order of CPython's own checks: keywords, then too many, then missing.
  for (const [index, name] of names.entries()) {
    const literal = invocation.args[index];
    if (literal !== undefined) given.set(name, literal);
  }
  for (const { name, value } of invocation.kwargs) {
    if (!names.includes(name.text)) {
      const hint = didYouMean(name.text, names) ?? `Its parameters are ${quoteAll(names) || "none"}.`;
      throw fault("argument-unexpected", { command, name: name.text }, { span: name.span, hint });
    }
    if (given.has(name.text)) throw fault("argument-repeated", { command, name: name.text }, { span: name.span });
    given.set(name.text, value);
  }
  const required = names.filter((name) => !isOptional(shape[name] as z.ZodType));
  if (invocation.args.length > names.length) {
    const [least, most, count] = [required.length, names.length, invocation.args.length];
    const takes = least === most ? `${most}` : `from ${least} to ${most}`;
    throw fault(
      "argument-too-many",
      {
        command,
        takes: `${takes} positional argument${takes === "1" ? "" : "s"}`,
        given: `${count} ${count === 1 ? "was" : "were"}`,
      },
      { span: invocation.args[most]?.span },
    );
  }
  const missing = required.filter((name) => !given.has(name));
  if (missing.length > 0) {
    const noun = missing.length === 1 ? "positional argument" : "positional arguments";
    throw fault(
      "argument-missing",
      { command, count: missing.length, noun, names: quoteAll(missing) },
      { span: invocation.command.span },
    );
  }
  return given;
}

/** The literal that a zod issue speaks of: as deep along its path as there are literals. */
function spanAt(literal: Literal, path: readonly PropertyKey[]): Span {
  const [step, ...rest] = path;
  if (step === undefined) return literal.span;
  if (literal.kind === "dict") {
    const entry = literal.entries.findLast(({ key }) => key.kind === "str" && key.value === step);
    return entry === undefined ? literal.span : spanAt(entry.value, rest);
  }
  if ("items" in literal && typeof step === "number") {
    const item = literal.items[step];
    return item === undefined ? literal.span : spanAt(item, rest);
  }
  return literal.span;
}

function readValue(literal: Literal, schema: z.ZodType): unknown {
  try {
    return toValue(literal, traitsOf(schema).policy);
  } catch (thrown) {
    if (!(thrown instanceof ValueFault)) throw thrown;
    throw new RustiqError(thrown.code, thrown.message, { span: thrown.span, hint: thrown.hint });
  }
}

/**
 * The arguments of a command, parsed by its schemas, under the parameters' names. Throws a `RustiqError` whose span points into the
 * expression; a handler never sees anything unchecked.
 */
export function bind(invocation: Invocation, shape: Shape, check: ExpressionCheck): Record<string, unknown> {
  const given = assign(invocation, shape);
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const literal = given.get(name);
    const parsed = schema.safeParse(literal === undefined ? undefined : readValue(literal, schema));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const path = (issue?.path ?? []).map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`));
      throw fault(
        "argument-invalid",
        { command: invocation.command.text, name, path: path.join(""), reason: issue?.message ?? "is refused" },
        { span: literal === undefined ? invocation.command.span : spanAt(literal, issue?.path ?? []) },
      );
    }
    values[name] = parsed.data;
  }
  for (const [name, schema] of Object.entries(shape)) {
    const { expression } = traitsOf(schema);
    const literal = given.get(name);
    if (expression === undefined || literal === undefined) continue;
    const text = values[name];
    if (typeof text !== "string") continue;
    const owner = expression.owner === undefined ? undefined : values[expression.owner];
    checkStored(text, typeof owner === "string" ? owner : undefined, literal, name, check);
  }
  return values;
}

function checkStored(
  text: string,
  owner: string | undefined,
  literal: Literal,
  parameter: string,
  check: ExpressionCheck,
): void {
  try {
    check(text, owner);
  } catch (thrown) {
    if (!(thrown instanceof RustiqError)) throw thrown;
    throw new RustiqError(thrown.code, `in the expression of '${parameter}': ${thrown.message}`, {
      span: literal.span,
      hint: thrown.hint,
      cause: thrown,
    });
  }
}
