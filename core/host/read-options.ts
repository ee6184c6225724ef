import type { z } from "zod";
import { FaultList, formatPlace } from "../config/fault.ts";
import { maskValue } from "../config/secrets.ts";
import { didYouMean } from "../near.ts";
import { describeExpected } from "../plugin/expected.ts";
import { type Leaf, ownMessage, readKnownKeys, silence, unfold } from "../plugin/issue.ts";

/** Faults that are told; a list of a thousand wrong items says no more. */
const mostTold = 20;

function memberAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** One thing that is wrong, as everywhere in the configuration: where, what was found, what was expected, what to do. */
function tell({ issue, path, unknownKey, within, forms }: Leaf, given: unknown, list: FaultList): string {
  if (unknownKey !== undefined) {
    const holder = memberAt(given, path);
    const known = readKnownKeys(issue);
    const free = known.filter((key) => memberAt(holder, [key]) === undefined);
    const expected = known.length === 0 ? "none" : `one of ${known.join(", ")}`;
    const hint = didYouMean(unknownKey, free) ?? "remove it";
    return `${formatPlace("", [...path, unknownKey])}: found an unknown member, expected ${expected} (${hint})`;
  }
  const whole = [...path, ...(within?.part === "value" ? within.path : [])];
  const value = memberAt(given, whole);
  const found = within?.part === "key" ? `the name ${list.describe(path.at(-1))}` : list.describe(value, whole);
  const place = whole.length === 0 ? "" : `${formatPlace("", whole)}: `;
  const [own, expected] = [ownMessage(issue), describeExpected(issue, "json")];
  const of = forms === undefined ? "" : ` (in the nearest of ${forms} forms)`;
  // An author may repeat in words what was given.
  if (own !== undefined) return `${place}${list.scrub(own)}; found ${found}${of}`;
  if (expected === undefined) return `${place}a rule of the plugin's schema refuses ${found}${of}`;
  const isMisspelt = issue.code === "invalid_value" && typeof value === "string";
  const near = isMisspelt ? didYouMean(value, issue.values.map(String)) : undefined;
  return `${place}found ${found}, expected ${expected}${of}${near === undefined ? "" : ` (${near})`}`;
}

/** What is given, such as the options of an entry, read by the plugin's own schema, or everything that is wrong with it; no secret is in it. */
export function readOptions<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): { readonly value: z.output<Schema> } | { readonly reason: string } {
  const parsed = schema.safeParse(given, { error: silence, reportInput: true });
  if (parsed.success) return { value: parsed.data };
  const list = new FaultList("");
  maskValue(given, (secret) => list.hide([secret]));
  const told = new Set([...unfold(parsed.error.issues)].map((leaf) => tell(leaf, given, list)));
  const shown = [...told].slice(0, mostTold);
  if (told.size > mostTold) shown.push(`and ${told.size - mostTold} more`);
  return { reason: shown.join("; ") };
}
