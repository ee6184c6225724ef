import { isDeepStrictEqual } from "node:util";
import { ValueFault } from "../../grammar/fault.ts";
import type { Entry, Literal, ValuePolicy } from "../../grammar/index.ts";
import { toValue } from "../../grammar/value.ts";
import { type Conceal, quote, shorten } from "./found.ts";

/** Where in an argument something is wrong. */
export interface Place {
  /** The literal meant, or the innermost one around what is not there. */
  readonly literal: Literal;
  /** A dict lacks the key, or a list the item: the rest of the path, from the first step that leads nowhere. */
  readonly missing?: readonly PropertyKey[];
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

/** Whether the value that a schema refuses may be what stands in the expression, and not what another schema made of it. */
export function isAsWritten(value: unknown, literal: Literal, policy: ValuePolicy | undefined): boolean {
  switch (literal.kind) {
    // What a schema completes or strips in these is the value that was given all the same.
    case "list":
    case "tuple":
      return Array.isArray(value) && value.length === literal.items.length;
    case "set":
      return value instanceof Set;
    case "dict":
      return isPlainObject(value) || value instanceof Map;
    case "call":
      return value === literal.text;
    default:
      return recognize(value, policy)(literal);
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Whether a dict's key is what a path of zod calls so: its own value, never another one spelled alike. */
function isNamed(key: Literal, step: PropertyKey): boolean {
  if (key.kind === "str") return key.value === step;
  return (key.kind === "int" || key.kind === "float") && Number(key.value) === step;
}

const everything: ValuePolicy = { inf: true, set: true, bytes: true, duplicateKeys: true, anyKeys: true };

/** Of keys that Python holds to be equal the place of the last one, in the order of the first ones. */
function placesOf(keys: readonly Literal[]): number[] {
  const span = { start: 0, end: 0 };
  const entries = keys.map((key, place) => ({
    key,
    value: { kind: "int", value: BigInt(place), raw: "", span } as const,
  }));
  return [...(toValue({ kind: "dict", entries, span }, everything) as Map<unknown, number>).values()];
}

/** The entries of a dict that count: of equal keys the first, and the last of their values. */
export function entriesOf(literal: Literal): readonly Entry[] {
  if (literal.kind !== "dict") return [];
  const { entries } = literal;
  const keys = entries.map(({ key }) => key);
  const lasts = placesOf(keys);
  if (lasts.length === keys.length) return entries;
  const firsts = placesOf(keys.toReversed()).map((place) => keys.length - 1 - place);
  return firsts
    .toSorted((a, b) => a - b)
    .flatMap((first, index) => {
      const [key, value] = [keys[first], entries[lasts[index] ?? first]?.value];
      return key === undefined || value === undefined ? [] : [{ key, value }];
    });
}

/** The entry of a dict that a path of zod calls so. */
export function findEntry(literal: Literal, step: PropertyKey): Entry | undefined {
  return entriesOf(literal).find(({ key }) => isNamed(key, step));
}

function whole(literal: Literal): Place {
  return { literal, isDeeper: false, isKey: false };
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
    const mayHaveIt = literal.kind === "dict" || ("items" in literal && typeof step === "number");
    return mayHaveIt ? { ...whole(literal), missing: path } : { ...whole(literal), isDeeper: true };
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
    .find((place) => place.missing === undefined && !place.isDeeper && isMeant(place.literal));
}

/**
 * The path as a message shows it: `.list[1]['a b']`. Steps below a name that is secret are masked like its value; `names` stand
 * before the path.
 */
export function spellPath(path: readonly PropertyKey[], conceal: Conceal, names: readonly string[]): string {
  return path
    .map((step, index) => {
      const around = [...names, ...namesOf(path.slice(0, index))];
      const name = conceal(String(step), around);
      if (typeof step === "number") return `[${name}]`;
      return /^[A-Za-z_]\w{0,39}$/.test(name) ? `.${name}` : `[${quote(shorten(name))}]`;
    })
    .join("");
}

/** The keys on a path. */
export function namesOf(path: readonly PropertyKey[]): string[] {
  return path.filter((step) => typeof step === "string");
}
