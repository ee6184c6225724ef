import { z } from "zod";
import { isForeign, isSchema } from "./foreign.ts";
import { innerOf } from "./parameters.ts";

/** A schema somewhere in another one. */
export interface Part {
  readonly schema: z.ZodType;
  /** From the outermost schema on, as a message shows it: `.jobs[].text`. */
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
  // Another copy has its own ways; that it is one is all that is told of it.
  if (isForeign(schema)) return;
  for (const inner of innerOf(schema)) {
    const isChanged = schema instanceof z.ZodPipe && inner === schema.out;
    yield { schema: inner, path, isWhole, isAsGiven: isAsGiven && !isChanged };
  }
  for (const [step, member] of membersOf(schema)) {
    if (isSchema(member)) yield { schema: member, path: path + step, isWhole: false, isAsGiven };
  }
}

/** A schema and all that are in it, each once for every way in which it is reached. */
export function* partsOf(schema: z.ZodType): Generator<Part> {
  const first = { schema, path: "", isWhole: true, isAsGiven: true };
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
