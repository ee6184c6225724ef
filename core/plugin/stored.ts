import type { Literal, Span } from "../../grammar/index.ts";
import { locateInText } from "../../grammar/text.ts";
import { RustiqError } from "../errors.ts";

/** Checks a parameter that is itself a command expression; throws the fault that running it would give. */
export type ExpressionCheck = (expression: string, owner: string | undefined) => void;

/** A command expression that is the argument of another one, written as a text or as a call. */
export interface StoredExpression {
  /** The text as it will be run. */
  readonly text: string;
  /** The service whose commands bare names in it mean, and where it is named. */
  readonly owner: string | undefined;
  readonly ownerSpan: Span | undefined;
  readonly parameter: string;
  /** The expression around it, and the literal in there that `text` was read from. */
  readonly source: string;
  readonly literal: Literal;
}

/**
 * Where a part of the stored text stands in the expression around it. A schema may have trimmed the text; what it wrote
 * anew stands nowhere, and then the literal is the place.
 */
function locate({ text, source, literal }: StoredExpression, part: Span): Span {
  if (literal.kind !== "str" && literal.kind !== "call") return literal.span;
  const { start, end } = literal.span;
  const given = literal.kind === "str" ? literal.value : literal.text;
  const from = given.indexOf(text);
  if (from < 0) return literal.span;
  const moved = { start: part.start + from, end: part.end + from };
  if (literal.kind === "str") return locateInText(source, literal.span, moved);
  // A call's text ends as it does in the source; its name may have lost layout, and is then one place.
  const shift = end - given.length;
  const bracket = given.indexOf("(");
  if (shift > start && moved.start < bracket) {
    return { start, end: start + source.slice(start, shift + bracket).trimEnd().length };
  }
  return { start: shift + moved.start, end: Math.min(end, shift + moved.end) };
}

/**
 * Runs the check and tells its fault with the place in the expression around it. That one may be stored itself: each level
 * maps the place once, so that it ends up in the outermost text.
 */
export function checkStored(stored: StoredExpression, check: ExpressionCheck): void {
  try {
    check(stored.text, stored.owner);
  } catch (thrown) {
    if (!(thrown instanceof RustiqError)) throw thrown;
    if (thrown.code === "service-unknown" && thrown.span === undefined && stored.ownerSpan !== undefined) {
      throw new RustiqError(thrown.code, thrown.message, { span: stored.ownerSpan, hint: thrown.hint, cause: thrown });
    }
    throw new RustiqError(thrown.code, `in the expression of '${stored.parameter}': ${thrown.message}`, {
      span: thrown.span === undefined ? stored.literal.span : locate(stored, thrown.span),
      hint: thrown.hint,
      cause: thrown,
    });
  }
}
