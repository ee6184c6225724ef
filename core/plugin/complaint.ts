import type { z } from "zod";
import type { Literal, Span } from "../../grammar/index.ts";
import { didYouMean } from "../near.ts";
import { advise } from "./cure.ts";
import { describeExpected, joinOr } from "./expected.ts";
import { type Conceal, describeFound, quote, repeatable, shorten } from "./found.ts";
import { type Leaf, ownMessage, readKnownKeys } from "./issue.ts";
import { descriptionOf, traitsOf } from "./parameters.ts";
import { findAmong, findEntry, findPlace, type Place, recognize, spellPath } from "./place.ts";

/** One thing that is wrong with an argument. */
export interface Complaint {
  /** From the argument on, as a message shows it; empty for the argument itself. */
  readonly path: string;
  readonly span: Span;
  /** What was found and what was expected. */
  readonly reason: string;
  readonly hint: string;
}

/** An argument that its schema refuses. */
export interface Argument {
  readonly name: string;
  readonly literal: Literal;
  readonly schema: z.ZodType;
  /** Whether a call may go without it. */
  readonly isOptional: boolean;
  readonly conceal: Conceal;
}

function locate({ issue, path, within }: Leaf, { literal, schema }: Argument): Place {
  const isMeant = recognize(issue.input, traitsOf(schema).policy);
  const place = findPlace(literal, path, isMeant);
  if (within === undefined) return place;
  const isKey = within.part === "key";
  const last = path.at(-1);
  const around = last === undefined ? undefined : findPlace(literal, path.slice(0, -1), isMeant).literal;
  const named = around && findEntry(around, last ?? "");
  // zod names the entry only where its key can stand in a path.
  const entries = named === undefined ? (place.literal.kind === "dict" ? place.literal.entries : []) : [named];
  const found = findAmong(
    entries.map((entry) => entry[within.part]),
    within.path,
    isMeant,
  );
  return { ...(found ?? place), isKey };
}

const isName = (step: PropertyKey) => typeof step === "string";

function complainOfUnknownKey(leaf: Leaf, key: string, argument: Argument): Complaint {
  const { literal } = locate(leaf, argument);
  const known = readKnownKeys(leaf.issue);
  const given = literal.kind === "dict" ? literal.entries.map((entry) => entry.key) : [];
  const free = known.filter((name) => !given.some((one) => one.kind === "str" && one.value === name));
  const expected = known.length === 0 ? "none" : joinOr(known.map(quote));
  const shown = quote(shorten(argument.conceal(key, [])));
  return {
    path: spellPath(leaf.path, argument.conceal),
    span: (findEntry(literal, key)?.key ?? literal).span,
    reason: ownMessage(leaf.issue) ?? `expected ${expected} as a key, found ${shown}`,
    hint: didYouMean(key, free) ?? "Leave the key out.",
  };
}

function explain({ issue, forms }: Leaf, found: string, { isKey, isDeeper }: Place): string {
  const own = ownMessage(issue);
  const expected = describeExpected(issue);
  const which = isKey ? "the key " : "";
  const of = forms === undefined ? "" : ` (in the nearest of ${forms} forms)`;
  if (expected !== undefined && own === undefined && isDeeper) return `expected ${expected} inside ${found}`;
  if (own !== undefined) return `${own}; found ${which}${found}${of}`;
  if (expected !== undefined) return `expected ${isKey ? "the key to be " : ""}${expected}, found ${found}${of}`;
  if (issue.code === "invalid_union" && issue.inclusive === false) return `${found} fits more than one of its forms`;
  return `a rule of this parameter refuses ${which}${found}${of}`;
}

/** Tells what a schema refuses in an argument, where, and what to do. */
export function complain(leaf: Leaf, argument: Argument): Complaint {
  if (leaf.unknownKey !== undefined) return complainOfUnknownKey(leaf, leaf.unknownKey, argument);
  const { issue } = leaf;
  const { name, conceal, schema } = argument;
  const place = locate(leaf, argument);
  const { literal, isMissing, isDeeper, isKey } = place;
  // A key says what its value is, not what it is itself.
  const names = isKey ? [name] : [name, ...leaf.path.filter(isName)];
  const tellsLength = "origin" in issue && issue.origin === "string" && issue.code.startsWith("too_");
  const found = isMissing ? "nothing" : describeFound(literal, conceal, names, tellsLength);
  const path = spellPath(leaf.path, argument.conceal);
  const common = { path, span: literal.span, reason: explain(leaf, found, place) };
  if (isMissing && literal.kind === "dict") {
    return { ...common, hint: `Add ${quote(shorten(String(leaf.path.at(-1))))} to the dict.` };
  }
  if (path === "" && literal.kind === "none" && argument.isOptional) {
    return { ...common, hint: "Leave the argument out instead of None." };
  }
  const isOwn = isDeeper || ownMessage(issue) !== undefined;
  const advice = isOwn ? undefined : advise(issue, { literal, shown: repeatable(literal, conceal, names) });
  return { ...common, hint: advice ?? describeWanted(name, schema) ?? seeServices };
}

const seeServices = "`rustiq services` shows what each parameter takes.";

function describeWanted(name: string, schema: z.ZodType): string | undefined {
  const description = descriptionOf(schema);
  return description === undefined ? undefined : `${name} is ${description}.`;
}
