import { z } from "zod";
import { innerOf } from "./parameters.ts";

// A lazy schema may stand for new ones without end.
const deepest = 100;

/** The schema of a member or an item. */
function memberOf(schema: z.ZodType, step: PropertyKey): unknown {
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord || schema instanceof z.ZodMap) return schema.def.valueType;
  if (schema instanceof z.ZodTuple) return schema.def.items[Number(step)] ?? schema.def.rest;
  if (!(schema instanceof z.ZodObject)) return undefined;
  return Object.entries(schema.shape).find(([name]) => name === step)?.[1] ?? schema.def.catchall;
}

/**
 * Whether what the path leads to is read from what another schema has made of the literal: that one may strip what is added to the
 * expression.
 */
export function isBehindPipe(schema: z.ZodType, path: readonly PropertyKey[], depth = 0): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return false;
  if (depth === deepest) return true;
  if (schema instanceof z.ZodPipe) {
    // A transformation at the end only takes what the schema before it lets through.
    return schema.out instanceof z.ZodTransform ? isBehindPipe(schema.in as z.ZodType, path, depth + 1) : true;
  }
  const inner = innerOf(schema);
  if (inner.length > 0) return inner.some((one) => isBehindPipe(one, path, depth + 1));
  const member = memberOf(schema, step);
  return member instanceof z.ZodType && isBehindPipe(member, rest, depth + 1);
}
