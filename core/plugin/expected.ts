import type { z } from "zod";
import { formatLiteral } from "../../grammar/format.ts";
import { fromValue } from "../../grammar/from-value.ts";
import { countOf, quote } from "./found.ts";
import { type Issue, isOfCoercion, kindsOf } from "./issue.ts";

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "an integer",
  boolean: "True or False",
  bigint: "an integer above 9007199254740991",
  null: "None",
  array: "a list",
  tuple: "a list or tuple",
  object: "a dict",
  record: "a dict",
  map: "a dict",
  set: "a set",
  date: "a date",
  Uint8Array: "bytes",
  undefined: "nothing",
  never: "nothing",
  void: "nothing",
  nonoptional: "a value",
};

/** How JSON spells the same, for options of plugins. */
const jsonKinds: Readonly<Record<string, string>> = {
  ...kinds,
  boolean: "true or false",
  null: "null",
  tuple: "a list",
  object: "an object",
  record: "an object",
};

/** Whose words a message uses: those of expressions, or those of the configuration. */
export type Dialect = "expression" | "json";

/** What has a size, and what it is counted in. */
export const sizes: Readonly<Record<string, readonly [kind: string, noun: string]>> = {
  string: ["a text", "character"],
  array: ["a list", "item"],
  set: ["a set", "item"],
  map: ["a dict", "entry"],
};

const formats: Readonly<Record<string, readonly [what: string, example?: string]>> = {
  datetime: ["a date and time", "2026-01-31T08:00:00Z"],
  date: ["a date", "2026-01-31"],
  time: ["a time of day", "08:30:00"],
  duration: ["a duration", "P1DT12H"],
  email: ["an e-mail address", "name@example.org"],
  url: ["a URL", "https://example.org/path"],
  uuid: ["a UUID", "123e4567-e89b-12d3-a456-426614174000"],
  guid: ["a GUID", "123e4567-e89b-12d3-a456-426614174000"],
  ipv4: ["an IPv4 address", "192.0.2.1"],
  ipv6: ["an IPv6 address", "2001:db8::1"],
  cidrv4: ["an IPv4 range", "192.0.2.0/24"],
  cidrv6: ["an IPv6 range", "2001:db8::/32"],
  mac: ["a MAC address", "00:00:5e:00:53:01"],
  e164: ["a telephone number", "+33123456789"],
  base64: ["base64"],
  base64url: ["base64url"],
  json_string: ["a JSON text"],
  lowercase: ["a text in lower case"],
  uppercase: ["a text in upper case"],
};

/** What a text in this format looks like. */
export function exampleOf(format: string): string | undefined {
  return formats[format]?.[1];
}

/** A value of a schema as an expression spells it. */
export function spell(value: z.core.util.Primitive): string {
  if (value === undefined) return "nothing";
  return typeof value === "symbol" || Number.isNaN(value) ? String(value) : formatLiteral(fromValue(value));
}

function spellJson(value: z.core.util.Primitive): string {
  return typeof value === "string" || value === null ? JSON.stringify(value) : spell(value).toLowerCase();
}

const mostChoices = 8;

/** `'a', 'b' or 'c'`. */
export function joinOr(given: readonly string[]): string {
  const items = [...new Set(given)];
  if (items.length > mostChoices) {
    return `${items.slice(0, mostChoices).join(", ")} or one of ${items.length - mostChoices} more`;
  }
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`;
}

function describeBound(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const [limit, least] = issue.code === "too_small" ? [issue.minimum, true] : [issue.maximum, false];
  if (issue.origin === "date") {
    return `a date ${least ? "not before" : "not after"} ${new Date(Number(limit)).toISOString()}`;
  }
  const open = issue.inclusive === false ? (least ? "more than" : "less than") : undefined;
  const how = issue.exact === true ? "exactly" : (open ?? (least ? "at least" : "at most"));
  const size = sizes[issue.origin];
  if (size !== undefined) return `${size[0]} of ${how} ${countOf(Number(limit), size[1])}`;
  return `${issue.origin === "number" ? "a number" : "an integer"} of ${how} ${limit}`;
}

function describeFormat(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const { format } = issue as z.core.$ZodStringFormatIssues;
  const more = issue as { prefix?: string; suffix?: string; includes?: string };
  if (more.prefix !== undefined) return `a text that begins with ${quote(more.prefix)}`;
  if (more.suffix !== undefined) return `a text that ends with ${quote(more.suffix)}`;
  if (more.includes !== undefined) return `a text with ${quote(more.includes)} in it`;
  const known = formats[format];
  if (known !== undefined) return known[0];
  const { pattern } = issue;
  return pattern !== undefined && pattern.length <= 100
    ? `a text that matches ${pattern}`
    : `a text that is a ${format}`;
}

function describeKinds(issues: readonly Issue[], dialect: Dialect): string | undefined {
  const texts = issues.flatMap((issue) =>
    issue.code === "invalid_value"
      ? issue.values.map((value) => (dialect === "json" ? spellJson(value) : spell(value)))
      : (describeExpected(issue, dialect) ?? []),
  );
  return texts.length === 0 ? undefined : joinOr(texts);
}

/** What a schema would have taken, for a message; undefined when it does not say so itself. */
export function describeExpected(issue: Issue, dialect: Dialect = "expression"): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      // What is coerced may be small.
      if (issue.expected === "bigint" && isOfCoercion(issue)) return "an integer";
      return (dialect === "json" ? jsonKinds : kinds)[issue.expected] ?? `a value of the kind ${issue.expected}`;
    case "invalid_value":
      return describeKinds([issue], dialect);
    case "too_small":
    case "too_big":
      return describeBound(issue);
    case "invalid_format":
      return describeFormat(issue);
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_union":
      return describeKinds(kindsOf(issue), dialect);
    default:
      return undefined;
  }
}
