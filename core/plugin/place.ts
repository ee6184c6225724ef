import { isDeepStrictEqual } from "node:util";
import { ValueFault } from "../../grammar/fault.ts";
import type { Entry, Literal, ValuePolicy } from "../../grammar/index.ts";
import { toValue } from "../../grammar/value.ts";
import { type Conceal, quote, shorten } from "./found.ts";

/** Where in an argument something is wrong. */
export interface Place {
  /** The literal meant, or the innermost one around what is not there. */
  readonly literal: Literal;
  /** A dict lacks the key, or a list the item. */
  readonly isMissing: boolean;
  /** The schema has read more out of the literal than there is in the expression. */
  readonly isDeeper: boolean;
  /** It is a dict's key that is meant. */
  readonly isKey: boolean;
}

/** Whether this is the literal that zod had before it; where a path leaves it open, that decides. */
export type Test = (literal: Literal) => boolean;

/** Recognizes the literal of a value that zod reports. */
export function recognize(value: unknown, policy: ValuePolicy | undefined): Test {
  return (literal) => {
    try {
      return isDeepStrictEqual(toValue(literal, policy), value);
    } catch (thrown) {
      if (thrown instanceof ValueFault) return false;
      throw thrown;
    }
  };
}

/** Whether a dict's key is what a path of zod calls so: its own value, never another one spelled alike. */
function isNamed(key: Literal, step: PropertyKey): boolean {
  if (key.kind === "str") return key.value === step;
  return (key.kind === "int" || key.kind === "float") && Number(key.value) === step;
}

/** The entry of a dict: of equal keys the last, whose value counts. */
export function findEntry(literal: Literal, step: PropertyKey): Entry | undefined {
  return literal.kind === "dict" ? literal.entries.findLast(({ key }) => isNamed(key, step)) : undefined;
}

function whole(literal: Literal): Place {
  return { literal, isMissing: false, isDeeper: false, isKey: false };
}

/** Follows a path of zod as far as there are literals; a schema that reads a text may go further. */
export function findPlace(literal: Literal, path: readonly PropertyKey[], isMeant: Test): Place {
  const [step, ...rest] = path;
  // An item of a set has no place in the path.
  if (literal.kind === "set" && !isMeant(literal)) {
    return findAmong(literal.items, path, isMeant) ?? whole(literal);
  }
  if (step === undefined) return whole(literal);
  const entry = findEntry(literal, step);
  const item = "items" in literal && typeof step === "number" ? literal.items[step] : undefined;
  const inner = entry?.value ?? item;
  if (inner === undefined) {
    const isMissing = literal.kind === "dict" || "items" in literal;
    return { literal, isMissing, isDeeper: !isMissing, isKey: false };
  }
  // For a map zod gives keys and values the same path.
  if (entry !== undefined && rest.length === 0 && isMeant(entry.key) && !isMeant(entry.value)) {
    return { ...whole(entry.key), isKey: true };
  }
  return findPlace(inner, rest, isMeant);
}

/** The first of some literals in which the path leads to what is meant. */
export function findAmong(
  literals: readonly Literal[],
  path: readonly PropertyKey[],
  isMeant: Test,
): Place | undefined {
  return literals
    .map((literal) => findPlace(literal, path, isMeant))
    .find((place) => !place.isMissing && !place.isDeeper && isMeant(place.literal));
}

/** The path as a message shows it: `.list[1]['a b']`. */
export function spellPath(path: readonly PropertyKey[], conceal: Conceal): string {
  return path
    .map((step) => {
      if (typeof step === "number") return `[${step}]`;
      const name = conceal(String(step), []);
      return /^[A-Za-z_]\w{0,39}$/.test(name) ? `.${name}` : `[${quote(shorten(name))}]`;
    })
    .join("");
}
