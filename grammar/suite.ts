import { type Canonical, type CanonicalCall, canonicalCall, canonicalValue } from "./canonical.ts";
import type { AcceptCase, Conditions, RejectCase, SuiteCase } from "./case.ts";
import { ParseFault } from "./fault.ts";
import type { Invocation, Literal, Span } from "./literal.ts";
import { parse } from "./parse.ts";

/** What an implementation says to an expression: the call it read, its refusal, or that it broke down. */
export type Verdict =
  | {
      /** It was read, as this. */
      readonly call: CanonicalCall;
    }
  | {
      /** It was refused, so. */
      readonly code: string;
      /** At this place: UTF-16 offsets, the end exclusive. */
      readonly span: readonly [start: number, end: number];
    }
  | {
      /** What was thrown that is no refusal. */
      readonly crash: string;
    };

/** Where the parser and a case disagree. `expected` and `found` are JSON. */
export interface Difference {
  /** The part of the call, such as `args[0][2]`; empty for the verdict as a whole. */
  readonly at: string;
  /** What the case says of that part. */
  readonly expected: Verdict | Canonical | string | number | null;
  /** What the parser says of it. */
  readonly found: Verdict | Canonical | string | number | null;
  /** What the parser had to say: of a refusal its span and message, else the place of the part. */
  readonly span: Span | null;
  /** The parser's own words; null where it only read another value. */
  readonly message: string | null;
}

/** Parses the case's source and compares. Null when the parser does what the case says. Never throws. */
export function tryCase(one: SuiteCase): Difference | null {
  let invocation: Invocation;
  try {
    invocation = parse(one.source, { ...one.limits, calls: one.calls === true });
  } catch (thrown) {
    return "call" in one ? notRead(one, thrown) : compareRefusal(one, thrown);
  }
  if ("call" in one) return compareCall("", one.call, invocation);
  const expected = { code: one.code, span: one.span };
  return { at: "", expected, found: { call: canonicalCall(invocation) }, span: null, message: null };
}

/** The case that says what the parser makes of a source: how a suite is begun, and how an answer is asked for. */
export function makeCase(source: string, conditions: Conditions = {}): SuiteCase {
  const { limits, calls } = conditions;
  try {
    return { source, call: canonicalCall(parse(source, { ...limits, calls: calls === true })), ...conditions };
  } catch (thrown) {
    if (!(thrown instanceof ParseFault)) throw thrown;
    return { source, code: thrown.code, span: [thrown.span.start, thrown.span.end], ...conditions };
  }
}

function judge(thrown: unknown): Pick<Difference, "found" | "span" | "message"> {
  if (thrown instanceof ParseFault) {
    const { code, span, message } = thrown;
    return { found: { code, span: [span.start, span.end] }, span, message };
  }
  // parse promises to throw nothing else: that is the worst difference of all.
  const crash = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : "something that is no Error was thrown";
  return { found: { crash }, span: null, message: crash };
}

function notRead({ call }: AcceptCase, thrown: unknown): Difference {
  return { at: "", expected: { call }, ...judge(thrown) };
}

function compareRefusal({ code, span }: RejectCase, thrown: unknown): Difference | null {
  const isSame =
    thrown instanceof ParseFault &&
    thrown.code === code &&
    thrown.span.start === span[0] &&
    thrown.span.end === span[1];
  return isSame ? null : { at: "", expected: { code, span }, ...judge(thrown) };
}

function compareCall(prefix: string, call: CanonicalCall, invocation: Invocation): Difference | null {
  const { service, command, args, kwargs, span } = invocation;
  return (
    differ(`${prefix}service`, call.service, service?.text ?? null, service?.span ?? span) ??
    differ(`${prefix}command`, call.command, command.text, command.span) ??
    differ(`${prefix}args.length`, call.args.length, args.length, span) ??
    first(call.args, (value, index) => compareValue(`${prefix}args[${index}]`, value, args[index])) ??
    differ(`${prefix}kwargs.length`, call.kwargs.length, kwargs.length, span) ??
    first(call.kwargs, ([name, value], index) => {
      const keyword = kwargs[index];
      if (keyword === undefined) return null;
      const at = `${prefix}kwargs[${index}]`;
      return (
        differ(`${at}[0]`, name, keyword.name.text, keyword.name.span) ?? compareValue(`${at}[1]`, value, keyword.value)
      );
    })
  );
}

/** Goes down as far as both are the same kind of container with as many items, so that the smallest part is told. */
function compareValue(at: string, expected: Canonical, literal: Literal | undefined): Difference | null {
  if (literal === undefined) return null;
  const [tag] = expected;
  if (literal.kind === "call" && expected[0] === "call") return compareCall(`${at}.`, expected[1], literal.invocation);
  if (literal.kind === "dict" && expected[0] === "dict" && expected[1].length === literal.entries.length) {
    return first(expected[1], ([key, value], index) => {
      const entry = literal.entries[index];
      const inner = `${at}[${index}]`;
      return compareValue(`${inner}[0]`, key, entry?.key) ?? compareValue(`${inner}[1]`, value, entry?.value);
    });
  }
  const isSequence = expected[0] === "list" || expected[0] === "tuple" || expected[0] === "set";
  if ("items" in literal && isSequence && tag === literal.kind && expected[1].length === literal.items.length) {
    return first(expected[1], (item, index) => compareValue(`${at}[${index}]`, item, literal.items[index]));
  }
  const found = canonicalValue(literal);
  const isSame = found[0] === tag && found[1] === expected[1];
  return isSame ? null : { at, expected, found, span: literal.span, message: null };
}

function differ<T extends string | number | null>(at: string, expected: T, found: T, span: Span): Difference | null {
  return expected === found ? null : { at, expected, found, span, message: null };
}

function first<Item>(
  items: readonly Item[],
  compare: (item: Item, index: number) => Difference | null,
): Difference | null {
  for (const [index, item] of items.entries()) {
    const difference = compare(item, index);
    if (difference !== null) return difference;
  }
  return null;
}
