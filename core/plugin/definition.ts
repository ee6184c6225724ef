import { z } from "zod";
import { reasonOf } from "../errors.ts";
import { innerOf, ownTraits, traitsOf } from "./parameters.ts";

/** A schema somewhere in a parameter's own. */
interface Part {
  readonly schema: z.ZodType;
  /** From the parameter on, as a message shows it: `.jobs[].text`. */
  readonly path: string;
  /** It is given what stands in the expression for the parameter, not an item or a member of it. */
  readonly isWhole: boolean;
  /** It is given what stands in the expression, and not what another schema made of it. */
  readonly isAsGiven: boolean;
}

// More than a parameter has; a lazy schema may make new ones without end.
const mostParts = 5000;

/** The schemas of the items and members of a value. */
function* membersOf(schema: z.ZodType): Generator<readonly [path: string, member: unknown]> {
  if (schema instanceof z.ZodArray) yield ["[]", schema.element];
  if (schema instanceof z.ZodSet) yield ["[]", schema.def.valueType];
  if (schema instanceof z.ZodTuple) {
    for (const [index, item] of schema.def.items.entries()) yield [`[${index}]`, item];
    yield ["[]", schema.def.rest];
  }
  if (schema instanceof z.ZodRecord || schema instanceof z.ZodMap) {
    yield [".key", schema.def.keyType];
    yield [".value", schema.def.valueType];
  }
  if (schema instanceof z.ZodObject) {
    for (const [name, member] of Object.entries(schema.shape)) yield [`.${name}`, member];
    yield [".value", schema.def.catchall];
  }
  if (schema instanceof z.ZodPromise) yield ["", schema.def.innerType];
}

function* nextOf({ schema, path, isWhole, isAsGiven }: Part): Generator<Part> {
  for (const inner of innerOf(schema)) {
    const isChanged = schema instanceof z.ZodPipe && inner === schema.out;
    yield { schema: inner, path, isWhole, isAsGiven: isAsGiven && !isChanged };
  }
  for (const [step, member] of membersOf(schema)) {
    if (member instanceof z.ZodType) yield { schema: member, path: path + step, isWhole: false, isAsGiven };
  }
}

/** The schema and all that it is made of, each once for every way that it is reached. */
export function* partsOf(parameter: z.ZodType): Generator<Part> {
  const first = { schema: parameter, path: "", isWhole: true, isAsGiven: true };
  const parts: Part[] = [first];
  const seen = new Map<z.ZodType, Set<string>>();
  for (const part of parts) {
    const ways = seen.get(part.schema) ?? new Set();
    const way = `${part.isWhole} ${part.isAsGiven}`;
    if (ways.has(way)) continue;
    seen.set(part.schema, ways.add(way));
    yield part;
    if (parts.length < mostParts) parts.push(...nextOf(part));
  }
}

/**
 * What is wrong with a parameter's schema, whatever is given for it, a sentence each: an expression where nobody would check it, a
 * dict that never fits, a promise, a schema that cannot be made.
 */
export function* findParameterProblems(name: string, schema: z.ZodType): Generator<string> {
  const { policy } = traitsOf(schema);
  const told = new Set<string>();
  for (const part of partsOf(schema)) {
    const problem = findProblem(part, policy?.anyKeys === true);
    if (problem === undefined || told.has(problem)) continue;
    told.add(problem);
    yield `parameter ${name}${problem}`;
  }
}

function findProblem({ schema, path, isWhole, isAsGiven }: Part, hasMaps: boolean): string | undefined {
  if (!isWhole && ownTraits(schema)?.expression !== undefined) {
    return `${path} is an expression inside another value, and would be stored unchecked; make it a parameter of its own`;
  }
  const isDict = schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
  if (hasMaps && isAsGiven && isDict) {
    return `${path} accepts any keys, so that its dicts are Maps, which z.${schema.def.type} never reads; use z.map`;
  }
  if (schema instanceof z.ZodPromise) return `${path} is a promise; arguments are checked at once`;
  return schema instanceof z.ZodLazy ? findLazyProblem(schema, path) : undefined;
}

function findLazyProblem(schema: z.ZodLazy, path: string): string | undefined {
  try {
    schema.unwrap();
    return undefined;
  } catch (thrown) {
    return `${path} stands for a schema that cannot be made: ${reasonOf(thrown)}`;
  }
}
