import { formatLiteral } from "../../grammar/format.ts";
import type { Literal } from "../../grammar/index.ts";

/**
 * A text from an expression as a message may show it, with the runtime's secrets masked. `names` are the parameter and the
 * keys on the way to it: one may say by itself that its value is secret.
 */
export type Conceal = (text: string, names: readonly string[]) => string;

const longestShown = 40;

export function countOf(count: number, noun: string): string {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 ? noun : plural}`;
}

/** Cut to 40 characters, never in the middle of one. Whatever masks secrets goes first: a cut would leave the beginning of one. */
export function shorten(text: string): string {
  if (text.length <= longestShown) return text;
  return `${text.slice(0, longestShown).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

export function quote(text: string): string {
  return formatLiteral({ kind: "str", value: text, span: { start: 0, end: 0 } });
}

/** A name as a message shows it: in quotes where it is no plain one. */
export function showName(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : quote(name);
}

function describeMany(kind: string, count: number, noun: string): string {
  return count === 0 ? `an empty ${kind}` : `a ${kind} of ${countOf(count, noun)}`;
}

/** What stands in the expression, for a message: its kind and, shortened, its value. */
export function describeFound(
  literal: Literal,
  conceal: Conceal,
  names: readonly string[],
  tellsLength = false,
): string {
  switch (literal.kind) {
    case "str": {
      const shown = shorten(conceal(literal.value, names));
      const isLong = tellsLength || literal.value.length > longestShown;
      return `the text ${quote(shown)}${isLong ? ` of ${countOf([...literal.value].length, "character")}` : ""}`;
    }
    case "int":
      return `the integer ${shorten(conceal(literal.raw, names))}`;
    case "float":
      return `the number ${shorten(conceal(literal.raw, names))}`;
    case "bool":
    case "none":
      return formatLiteral(literal);
    case "list":
    case "tuple":
    case "set":
      return describeMany(literal.kind, literal.items.length, "item");
    case "dict":
      return describeMany("dict", literal.entries.length, "entry");
    case "bytes":
      return `bytes of ${countOf(literal.value.length, "byte")}`;
    case "call":
      return "a call";
  }
}

/** The value itself where a hint may repeat it: short, on one line, and no secret. */
export function repeatable(literal: Literal, conceal: Conceal, names: readonly string[]): string | undefined {
  const text = literal.kind === "str" ? literal.value : "raw" in literal ? literal.raw : undefined;
  if (text === undefined || text.length > 24 || !/^[ -~]*$/.test(text)) return undefined;
  return conceal(text, names) === text ? text : undefined;
}
