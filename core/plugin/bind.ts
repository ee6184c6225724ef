import type { z } from "zod";
import { ValueFault } from "../../grammar/fault.ts";
import type { Entry, Invocation, Literal, Span } from "../../grammar/index.ts";
import { toValue } from "../../grammar/value.ts";
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

function findEntry(literal: Literal, key: PropertyKey): Entry | undefined {
  if (literal.kind !== "dict") return undefined;
  return literal.entries.findLast((entry) => entry.key.kind === "str" && entry.key.value === key);
}

/** The literal that a path of a zod issue leads to: as deep as there are literals. */
function literalAt(literal: Literal, path: readonly PropertyKey[]): Literal {
  const [step, ...rest] = path;
  if (step === undefined) return literal;
  const item = "items" in literal && typeof step === "number" ? literal.items[step] : undefined;
  const inner = findEntry(literal, step)?.value ?? item;
  return inner === undefined ? literal : literalAt(inner, rest);
}

function spanOf(literal: Literal, issue: z.core.$ZodIssue | undefined): Span {
  const found = literalAt(literal, issue?.path ?? []);
  const key = issue?.code === "unrecognized_keys" ? findEntry(found, issue.keys[0] ?? "")?.key : undefined;
  return (key ?? found).span;
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
        { span: literal === undefined ? invocation.command.span : spanOf(literal, issue) },
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
