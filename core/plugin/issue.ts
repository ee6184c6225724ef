import type { z } from "zod";

export type Issue = z.core.$ZodIssue;
type UnionIssue = z.core.$ZodIssueInvalidUnion;

/** One thing that a schema refuses, taken out of the unions, records and maps it came in. */
export interface Leaf {
  readonly issue: Issue;
  /** From the argument on. */
  readonly path: readonly PropertyKey[];
  /** In a key or a value of the dict at `path`, or of the entry there; the way goes on from it. */
  readonly within?: { readonly part: "key" | "value"; readonly path: readonly PropertyKey[] };
  /** For a key that nobody knows: that one. */
  readonly unknownKey?: string;
  /** Of how many forms that a value may have this is told of the nearest one. */
  readonly forms?: number;
}

// What zod would say itself is too short; a message that does not begin so is from the schema's author.
const unsaid = "\0";
const coercing = `${unsaid}coerce`;

/** Given to zod for an issue's message: the keys that an object knows, whether a schema coerces, else nothing. */
export const silence: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "unrecognized_keys") return unsaid + JSON.stringify(knownKeys(issue.inst));
  return issue.code === "invalid_type" && coerces(issue.inst) ? coercing : unsaid;
};

function coerces(schema: unknown): boolean {
  const { def } = (schema as z.core.$ZodType | undefined)?._zod ?? {};
  return (def as { coerce?: unknown } | undefined)?.coerce === true;
}

/** Whether the value is not of the schema's kind although the schema would have made it one of it (`z.coerce`). */
export function isOfCoercion({ message }: Issue): boolean {
  return message === coercing;
}

function knownKeys(schema: unknown): string[] {
  const { def } = (schema as z.core.$ZodType | undefined)?._zod ?? {};
  const { shape, keyType } = (def ?? {}) as { shape?: object; keyType?: z.core.$ZodType };
  return shape === undefined ? [...(keyType?._zod.values ?? [])].map(String) : Object.keys(shape);
}

/** What the schema's author says of it, if anything: on one line, as every message is. */
export function ownMessage({ message }: Issue): string | undefined {
  return message.startsWith(unsaid) ? undefined : joinLines(message);
}

export function joinLines(text: string): string {
  return text.trim().replace(/\s*[\r\n\u2028\u2029]\s*/g, " ");
}

/** The keys of the object that does not know this one. */
export function readKnownKeys({ message }: Issue): readonly string[] {
  return message.startsWith(unsaid) ? (JSON.parse(message.slice(unsaid.length) || "[]") as string[]) : [];
}

/** Whether a value is of another kind altogether than this issue's schema wants. */
function isOfKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.length > 0 && issue.errors.every((one) => one.some(isOfKind));
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

/** The kinds that a union would have taken, of the unions in it too. */
export function kindsOf(issue: UnionIssue): Issue[] {
  return issue.errors
    .flat()
    .filter(isOfKind)
    .flatMap((one) => (one.code === "invalid_union" ? kindsOf(one) : [one]));
}

const countMissing = (issues: readonly Issue[]) => issues.filter(({ input }) => input === undefined).length;

/** Of a union's branches that take this kind of value the one that misses least; undefined when there is none. */
function chooseBranch({
  errors,
}: UnionIssue): { readonly issues: readonly Issue[]; readonly forms: number } | undefined {
  const fitting = errors.filter((issues) => issues.length > 0 && !issues.some(isOfKind));
  const [nearest] = fitting.toSorted((a, b) => countMissing(a) - countMissing(b) || a.length - b.length);
  return nearest && { issues: nearest, forms: fitting.length };
}

/** Every single thing that is wrong. A key that nobody knows comes first: often it is one that is missing then, misspelt. */
export function* unfold(
  issues: readonly Issue[],
  around: Pick<Leaf, "path" | "forms"> = { path: [] },
): Generator<Leaf> {
  const isUnknown = ({ code }: Issue) => code === "unrecognized_keys";
  for (const issue of [...issues.filter(isUnknown), ...issues.filter((one) => !isUnknown(one))]) {
    const leaf = { ...around, path: [...around.path, ...issue.path] };
    if (issue.code === "unrecognized_keys") {
      for (const unknownKey of issue.keys) yield { ...leaf, issue, unknownKey };
    } else if (issue.code === "invalid_key" || issue.code === "invalid_element") {
      const part = issue.code === "invalid_key" ? "key" : "value";
      for (const inner of unfold(issue.issues)) yield { ...inner, path: leaf.path, within: { part, path: inner.path } };
    } else if (issue.code === "invalid_union" && issue.discriminator !== undefined && issue.errors.length === 0) {
      yield { ...leaf, issue: asChoice(issue) };
    } else {
      const branch = issue.code === "invalid_union" ? chooseBranch(issue) : undefined;
      if (branch === undefined) yield { ...leaf, issue };
      else yield* unfold(branch.issues, branch.forms > 1 ? { ...leaf, forms: branch.forms } : leaf);
    }
  }
}

/** A discriminator is a member that has to be one of some values. */
function asChoice(issue: UnionIssue): Issue {
  const { path, message, input } = issue;
  const values = "options" in issue ? (issue.options ?? []) : [];
  const member =
    typeof input === "object" && input !== null
      ? (input as Record<PropertyKey, unknown>)[path.at(-1) ?? ""]
      : undefined;
  return { code: "invalid_value", path, message, values, input: member };
}
