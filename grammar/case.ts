import { type Canonical, type CanonicalCall, canonicalFloat } from "./canonical.ts";
import { highestLimits, type Limits } from "./scan.ts";

/** Under which a case is read. */
export interface Conditions {
  /** Limits that differ from the default ones. */
  readonly limits?: Partial<Limits>;
  /** Calls may stand among the arguments. */
  readonly calls?: boolean;
}

/** An expression that must be read, and as what. */
export interface AcceptCase extends Conditions {
  /** The expression. */
  readonly source: string;
  /** What it must be read as. */
  readonly call: CanonicalCall;
}

/** An expression that must be refused. `span` are UTF-16 offsets of `source`, end exclusive. */
export interface RejectCase extends Conditions {
  /** The expression. */
  readonly source: string;
  /** One of `parseCodes`. */
  readonly code: string;
  /** What the refusal points at. */
  readonly span: readonly [start: number, end: number];
}

/** A line of a suite. */
export type SuiteCase = AcceptCase | RejectCase;

/** What keeps a JSON value from being a case of a suite: where, what was found, what was expected. */
export class CaseFault extends Error {
  /** Always "CaseFault". */
  override readonly name = "CaseFault";

  constructor(place: string, found: string, expected: string) {
    super(`${place} ${found}; expected ${expected}`);
  }
}

type Kind = "accept" | "reject";
type Members = Readonly<Record<string, unknown>>;

const members: Readonly<Record<Kind, readonly string[]>> = {
  accept: ["source", "call"],
  reject: ["source", "code", "span"],
};

const limitNames: ReadonlySet<string> = new Set<keyof Limits>(["bytes", "nesting", "nodes", "digits"]);

// As deep as any limit lets an expression be read.
const deepest = 64;

/** Reads a line of `accept/*.jsonl` or `reject/*.jsonl`, already parsed as JSON. Throws a `CaseFault` for anything else. */
export function readCase(value: unknown, kind: "accept" | "reject"): SuiteCase {
  const line = readMembers(value, "the line", members[kind], ["limits", "calls"]);
  const source = readText(line["source"], "source");
  const conditions = {
    ...(line["limits"] === undefined ? {} : { limits: readLimits(line["limits"]) }),
    ...(line["calls"] === undefined ? {} : { calls: readFlag(line["calls"], "calls") }),
  };
  if (kind === "accept") return { source, call: readCall(line["call"], "call", 0), ...conditions };
  return { source, code: readText(line["code"], "code"), span: readSpan(line["span"], source), ...conditions };
}

function readCall(value: unknown, at: string, depth: number): CanonicalCall {
  const { service, command, args, kwargs } = readMembers(value, at, ["service", "command", "args", "kwargs"]);
  return {
    service: service === null ? null : readText(service, `${at}.service`, "a text or null"),
    command: readText(command, `${at}.command`),
    args: readList(args, `${at}.args`).map((item, index) => readValue(item, `${at}.args[${index}]`, depth)),
    kwargs: readList(kwargs, `${at}.kwargs`).map((item, index) => {
      const place = `${at}.kwargs[${index}]`;
      const [name, given] = readPair(item, place, "a pair of name and value");
      return [readText(name, `${place}[0]`), readValue(given, `${place}[1]`, depth)] as const;
    }),
  };
}

function readValue(value: unknown, place: string, depth: number): Canonical {
  if (depth > deepest)
    throw new CaseFault("a value", `is nested deeper than ${deepest}`, "no more than the language has");
  const [tag, inner, ...more] = readList(value, place, 'a tagged value such as ["int", "1"]');
  const found = Array.isArray(value) ? value.length : 0;
  if (more.length > 0 || found !== (tag === "none" ? 1 : 2)) {
    throw new CaseFault(place, `has ${countItems(found)}`, tag === "none" ? 'only ["none"]' : "a tag and what it says");
  }
  const at = `${place}[1]`;
  switch (tag) {
    case "str":
      return [tag, readText(inner, at)];
    case "bytes":
      return [tag, readText(inner, at, "bytes in lower-case hex", /^(?:[\da-f]{2})*$/)];
    case "int":
      return [tag, readText(inner, at, "a decimal integer as Python prints it", /^(?:0|-?[1-9]\d*)$/)];
    case "float":
      return [tag, readFloat(inner, at)];
    case "bool":
      return [tag, readFlag(inner, at)];
    case "none":
      return [tag];
    case "list":
    case "tuple":
    case "set":
      return [tag, readList(inner, at).map((item, index) => readValue(item, `${at}[${index}]`, depth + 1))];
    case "dict":
      return [tag, readList(inner, at).map((item, index) => readEntry(item, `${at}[${index}]`, depth + 1))];
    case "call":
      return [tag, readCall(inner, at, depth + 1)];
    default:
      throw new CaseFault(
        place,
        `has the tag ${describe(tag)}`,
        "one of str, bytes, int, float, bool, none, list, tuple, set, dict, call",
      );
  }
}

function readEntry(value: unknown, place: string, depth: number): readonly [Canonical, Canonical] {
  const [key, item] = readPair(value, place, "a pair of key and value");
  return [readValue(key, `${place}[0]`, depth), readValue(item, `${place}[1]`, depth)];
}

/** There is one text for each float, so that texts can be compared. */
function readFloat(value: unknown, place: string): string {
  const text = readText(value, place, "a float as Python's repr prints it", /^-?(?:inf|\d[\d.]*(?:e[+-]\d+)?)$/);
  const right = canonicalFloat(Number(text.replace("inf", "Infinity")));
  if (right !== text) throw new CaseFault(place, `is ${describe(text)}`, `what Python's repr prints, "${right}"`);
  return text;
}

function readSpan(value: unknown, source: string): readonly [number, number] {
  const [start, end] = readPair(value, "span", "two offsets, [start, end]");
  const isSpan = Number.isInteger(start) && Number.isInteger(end) && Number(start) >= 0 && Number(start) <= Number(end);
  if (isSpan && Number(end) <= source.length) return [Number(start), Number(end)];
  const expected = `two UTF-16 offsets of the source, the first not after the second, at most ${source.length}`;
  throw new CaseFault("span", `is ${JSON.stringify(value)?.slice(0, 40)}`, expected);
}

function readLimits(value: unknown): Partial<Limits> {
  const limits = readMembers(value, "limits", [], [...limitNames]);
  for (const [name, limit] of Object.entries(limits)) {
    const highest = highestLimits[name as keyof Limits];
    if (!Number.isSafeInteger(limit) || Number(limit) < 0 || Number(limit) > highest)
      throw new CaseFault(`limits.${name}`, `is ${describe(limit)}`, `a whole number up to ${highest}`);
  }
  return limits as Partial<Limits>; // names and numbers were checked just now
}

function readMembers(
  value: unknown,
  place: string,
  needed: readonly string[],
  optional: readonly string[] = [],
): Members {
  const expected =
    needed.length === 0
      ? `an object with some of ${optional.join(", ")}`
      : `an object with ${needed.join(", ")}${optional.length > 0 ? ` and, where needed, ${optional.join(", ")}` : ""}`;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CaseFault(place, `is ${describe(value)}`, expected);
  const missing = needed.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw new CaseFault(place, `has no ${missing}`, expected);
  const stranger = Object.keys(value).find((name) => !needed.includes(name) && !optional.includes(name));
  if (stranger !== undefined) throw new CaseFault(place, `has a member ${describe(stranger)}`, expected);
  return value as Members; // JSON's objects are nothing else
}

function readList(value: unknown, place: string, expected = "an array"): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CaseFault(place, `is ${describe(value)}`, expected);
}

function readPair(value: unknown, place: string, expected: string): readonly unknown[] {
  const pair = readList(value, place, expected);
  if (pair.length === 2) return pair;
  throw new CaseFault(place, `has ${countItems(pair.length)}`, expected);
}

const countItems = (count: number) => `${count} ${count === 1 ? "item" : "items"}`;

function readFlag(value: unknown, place: string): boolean {
  if (typeof value === "boolean") return value;
  throw new CaseFault(place, `is ${describe(value)}`, "true or false");
}

function readText(value: unknown, place: string, expected = "a text", pattern = /^/): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new CaseFault(place, `is ${describe(value)}`, expected);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return value === undefined ? "missing" : `the ${typeof value} ${value}`;
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
