import { z } from "zod";
import { ValueFault } from "../../grammar/fault.ts";
import type { Invocation, Literal } from "../../grammar/index.ts";
import { toValue } from "../../grammar/value.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import { assign } from "./assign.ts";
import { type Argument, type Complaint, complain } from "./complaint.ts";
import type { Shape } from "./contract.ts";
import { isOptional } from "./describe.ts";
import type { Conceal } from "./found.ts";
import { type Issue, joinLines, silence, unfold } from "./issue.ts";
import { traitsOf } from "./parameters.ts";
import { checkStored, type ExpressionCheck } from "./stored.ts";

export type { Conceal } from "./found.ts";
export type { ExpressionCheck } from "./stored.ts";

const isText = (value: unknown) => typeof value === "string";

/** What is wrong with an argument, each told only when asked: a long list may be wrong in all of its items. */
interface Refused {
  readonly name: string;
  /** Of a value that no schema has seen yet. */
  readonly code?: string;
  readonly complaints: Iterable<() => Complaint>;
  /** What the schema threw instead of refusing. */
  readonly cause?: unknown;
}

type Reading = { readonly value: unknown } | Refused;

/** A call is its text, for a parameter that holds an expression. */
function evaluate(literal: Literal, schema: z.ZodType): unknown {
  const { expression, policy } = traitsOf(schema);
  return literal.kind === "call" && expression !== undefined ? literal.text : toValue(literal, policy);
}

function read(
  name: string,
  schema: z.ZodType,
  literal: Literal | undefined,
  { command }: Invocation,
  conceal: Conceal,
): Reading {
  let value: unknown;
  try {
    value = literal && evaluate(literal, schema);
  } catch (thrown) {
    if (!(thrown instanceof ValueFault)) throw thrown;
    const { code, message: reason, span, hint = "" } = thrown;
    return { name, code, complaints: [() => ({ path: "", reason, span, hint })] };
  }
  let issues: readonly Issue[];
  try {
    const parsed = schema.safeParse(value, { error: silence, reportInput: true });
    if (parsed.success) return { value: parsed.data };
    // Made only now, by error maps of the author.
    issues = parsed.error.issues;
  } catch (thrown) {
    const reason = explainFailure(thrown, (text) => conceal(text, [name]));
    const span = (literal ?? command).span;
    return { name, complaints: [() => ({ path: "", reason, span, hint: mendSchema })], cause: thrown };
  }
  if (literal === undefined) {
    const reason = "it was left out, and what stands for it then is refused";
    return { name, complaints: [() => ({ path: "", reason, span: command.span, hint: "Give the argument." })] };
  }
  const argument = { name, literal, schema, isOptional: isOptional(schema), conceal };
  return { name, complaints: tellAll(issues, argument) };
}

const mendSchema =
  "This is a fault of the plugin, whatever is given here: its author has to mend the parameter's schema.";

/** A schema may throw instead of refusing: what its author's functions throw, and what zod cannot do. */
function explainFailure(thrown: unknown, mask: (text: string) => string): string {
  if (thrown instanceof z.core.$ZodAsyncError) {
    return "its schema answers only later (an async function or a promise), and arguments are checked at once";
  }
  return `its schema failed: ${joinLines(mask(reasonOf(thrown)))}`;
}

function* tellAll(issues: readonly Issue[], argument: Argument): Generator<() => Complaint> {
  for (const leaf of unfold(issues)) yield () => complain(leaf, argument);
}

/** How many further faults are told besides the first; the others are counted. */
const mostTold = 3;

/** One fault for all that is wrong: the first with its place and cure, some more by name. */
function refuse(invocation: Invocation, refused: readonly Refused[]): RustiqError {
  const { text: command, span: whole } = invocation.command;
  let first: RustiqError | undefined;
  const more: string[] = [];
  let untold = 0;
  for (const { name, code, complaints, cause } of refused) {
    for (const tell of complaints) {
      if (more.length === mostTold) {
        untold += 1;
        continue;
      }
      const { path, reason, span, hint } = tell();
      if (first === undefined) {
        const told = fault("argument-invalid", { command, name, path, reason }, { span, hint });
        first = new RustiqError(code ?? told.code, told.message, { span, hint, cause });
      } else more.push(`also '${name}'${path}: ${reason}`);
    }
  }
  if (first === undefined) {
    // A schema may refuse without a word; it is refused all the same.
    const name = refused[0]?.name ?? "";
    return fault("argument-invalid", { command, name, path: "", reason: "its schema refuses it" }, { span: whole });
  }
  if (more.length === 0) return first;
  if (untold > 0) more.push(`and ${untold} more`);
  return new RustiqError(first.code, [first.message, ...more].join("; "), first);
}

/**
 * The arguments of a command, parsed by its schemas, under the parameters' names. Throws a `RustiqError` whose span points into the
 * expression; a handler never sees anything unchecked. `conceal` masks what a message repeats of the expression.
 */
export function bind(
  invocation: Invocation,
  shape: Shape,
  check: ExpressionCheck,
  conceal: Conceal = (text) => text,
): Record<string, unknown> {
  const given = assign(invocation, shape);
  const values: Record<string, unknown> = {};
  const refused: Refused[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const reading = read(name, schema, given.get(name), invocation, conceal);
    if ("complaints" in reading) refused.push(reading);
    else values[name] = reading.value;
  }
  if (refused.length > 0) throw refuse(invocation, refused);
  for (const [parameter, schema] of Object.entries(shape)) {
    const { expression } = traitsOf(schema);
    const literal = given.get(parameter);
    if (expression === undefined || literal === undefined) continue;
    // What runs later is the text as the schema leaves it; what it makes something else of is checked as it was given.
    const text = [values[parameter], evaluate(literal, schema)].find(isText);
    if (text === undefined) continue;
    const owner = expression.owner === undefined ? undefined : values[expression.owner];
    const stored = {
      text,
      owner: isText(owner) ? owner : undefined,
      ownerSpan: expression.owner === undefined ? undefined : given.get(expression.owner)?.span,
      parameter,
      source: invocation.source,
      literal,
    };
    checkStored(stored, check);
  }
  return values;
}
