import type { z } from "zod";
import type { Literal, Span } from "../../grammar/index.ts";
import { didYouMean } from "../near.ts";
import { advise } from "./cure.ts";
import { describeExpected, joinOr } from "./expected.ts";
import { type Conceal, describeFound, quote, repeatable, shorten } from "./found.ts";
import { isOfCoercion, type Leaf, ownMessage, readKnownKeys } from "./issue.ts";
import { descriptionOf, traitsOf } from "./parameters.ts";
import { isBehindPipe } from "./pipe.ts";
import {
  entriesOf,
  findAmong,
  findEntry,
  findPlace,
  isAsWritten,
  namesOf,
  type Place,
  recognize,
  spellPath,
} from "./place.ts";

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
  const entries = named === undefined ? entriesOf(place.literal) : [named];
  const found = findAmong(
    entries.map((entry) => entry[within.part]),
    within.path,
    isMeant,
  );
  return { ...(found ?? place), isKey };
}

/** Whether it is not the literal itself that is refused, but what a schema before has made of it. */
function isChanged({ issue, within }: Leaf, place: Place, { literal, schema }: Argument): boolean {
  // A rule speaks of the whole value that its path begins in; what is coerced is wrong as it was written.
  if (issue.code === "custom" || !("input" in issue) || isOfCoercion(issue)) return false;
  if (within !== undefined || place.isKey || place.isDeeper || place.missing !== undefined) return false;
  const { policy } = traitsOf(schema);
  return ![place.literal, literal].some((one) => isAsWritten(issue.input, one, policy));
}

function complainOfUnknownKey(leaf: Leaf, key: string, argument: Argument): Complaint {
  const { name, conceal } = argument;
  const { literal } = locate(leaf, argument);
  const known = readKnownKeys(leaf.issue);
  const given = literal.kind === "dict" ? literal.entries.map((entry) => entry.key) : [];
  const free = known.filter((one) => !given.some((it) => it.kind === "str" && it.value === one));
  const expected = known.length === 0 ? "none" : joinOr(known.map(quote));
  const shown = quote(shorten(conceal(key, [name, ...namesOf(leaf.path)])));
  return {
    path: spellPath(leaf.path, conceal, [name]),
    span: (findEntry(literal, key)?.key ?? literal).span,
    reason: ownMessage(leaf.issue) ?? `expected ${expected} as a key, found ${shown}`,
    hint: didYouMean(key, free) ?? "Leave the key out.",
  };
}

/** `found` is what stands there, if anything; `around` what it is missing in. */
function explain(
  { issue, forms }: Leaf,
  { isKey, isDeeper, missing }: Place,
  { found, around, isChanged }: { readonly found: string; readonly around: string; readonly isChanged: boolean },
): string {
  const own = ownMessage(issue);
  const expected = describeExpected(issue);
  const which = isKey ? "the key " : "";
  const of = forms === undefined ? "" : ` (in the nearest of ${forms} forms)`;
  if (own !== undefined) return `${own}; found ${which}${found}${of}`;
  if (expected !== undefined && isDeeper) return `expected ${expected} inside ${found}`;
  if (expected !== undefined && isChanged) return `${found} is refused as its schema changes it: expected ${expected}`;
  if (expected !== undefined) return `expected ${isKey ? "the key to be " : ""}${expected}, found ${found}${of}`;
  if (issue.code === "invalid_union" && issue.inclusive === false) return `${found} fits more than one of its forms`;
  if (missing !== undefined) return `a rule of this parameter refuses ${around}, which has nothing here${of}`;
  return `a rule of this parameter refuses ${which}${found}${of}`;
}

/** Tells what a schema refuses in an argument, where, and what to do. */
export function complain(leaf: Leaf, argument: Argument): Complaint {
  if (leaf.unknownKey !== undefined) return complainOfUnknownKey(leaf, leaf.unknownKey, argument);
  const { issue } = leaf;
  const { name, conceal, schema } = argument;
  const place = locate(leaf, argument);
  const { literal, missing, isDeeper, isKey } = place;
  const names = [name, ...namesOf(leaf.path)];
  // A key says what its value is, not what it is itself.
  if (isKey && literal.kind === "str" && literal.value === leaf.path.at(-1)) names.pop();
  const tellsLength = "origin" in issue && issue.origin === "string" && issue.code.startsWith("too_");
  const around = describeFound(literal, conceal, names, tellsLength);
  const found = missing === undefined ? around : "nothing";
  const isOfChange = isChanged(leaf, place, argument);
  const path = spellPath(leaf.path, conceal, [name]);
  const common = {
    path,
    span: literal.span,
    reason: explain(leaf, place, { found, around, isChanged: isOfChange }),
  };
  const described = describeWanted(name, schema) ?? seeServices;
  if (missing !== undefined && literal.kind === "dict") {
    const way = leaf.path.slice(0, leaf.path.length - missing.length + 1);
    if (isBehindPipe(schema, way)) return { ...common, hint: described };
    return { ...common, hint: `Add ${quote(shorten(String(missing[0])))} to the dict.` };
  }
  if (path === "" && literal.kind === "none" && argument.isOptional) {
    return { ...common, hint: "Leave the argument out instead of None." };
  }
  const isOwn = isDeeper || isOfChange || ownMessage(issue) !== undefined;
  const advice = isOwn ? undefined : advise(issue, { literal, shown: repeatable(literal, conceal, names) });
  return { ...common, hint: advice ?? described };
}

const seeServices = "`rustiq services` shows what each parameter takes.";

function describeWanted(name: string, schema: z.ZodType): string | undefined {
  const description = descriptionOf(schema);
  return description === undefined ? undefined : `${name} is ${description}.`;
}
