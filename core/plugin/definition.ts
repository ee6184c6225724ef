import { z } from "zod";
import { reasonOf } from "../errors.ts";
import { isForeign, showZodOf } from "./foreign.ts";
import { ownTraits, traitsOf } from "./parameters.ts";
import { type Part, partsOf } from "./parts.ts";

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

/** The schemas in this one, or itself, that another copy of zod has made, each with its place in it. */
export function* findForeign(schema: z.ZodType): Generator<{ readonly path: string; readonly version: string }> {
  for (const part of partsOf(schema)) {
    if (isForeign(part.schema)) yield { path: part.path, version: showZodOf(part.schema) };
  }
}
