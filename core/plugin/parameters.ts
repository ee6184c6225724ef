import { z } from "zod";
import type { ValuePolicy } from "../../grammar/index.ts";
import { isSchema } from "./foreign.ts";

/** What a parameter says of itself beyond its schema. */
export interface ParameterTraits {
  /** The text is a command expression, checked when it is given. `owner` names the parameter that holds its owner service. */
  readonly expression?: { readonly owner?: string | undefined } | undefined;
  /** Literals that are refused unless a parameter asks for them: sets, bytes, infinities, repeated or non-string keys. */
  readonly policy?: ValuePolicy | undefined;
}

const traits = z.registry<ParameterTraits>();

// More forms than a parameter has; a lazy schema may make new ones without end.
const mostForms = 1000;

/** The traits of a parameter's schema, also when it was wrapped afterwards: `expression().optional()`. */
export function traitsOf(schema: z.ZodType): ParameterTraits {
  let found: ParameterTraits = {};
  const seen = new Set([schema]);
  for (const form of seen) {
    const own = ownTraits(form) ?? {};
    found = { expression: found.expression ?? own.expression, policy: found.policy ?? own.policy };
    if (seen.size < mostForms) for (const inner of innerOf(form)) seen.add(inner);
  }
  return found;
}

/** The traits of this very schema, not of what it is around. */
export function ownTraits(schema: z.ZodType): ParameterTraits | undefined {
  return traits.get(schema);
}

/** What the author says that a parameter is, also when it was wrapped afterwards. */
export function descriptionOf(schema: z.ZodType): string | undefined {
  if (schema.description !== undefined) return schema.description;
  return isWrapped(schema) ? descriptionOf(schema.unwrap() as z.ZodType) : undefined;
}

/**
 * The schemas that take the same literal: what a wrapper is around, the ends of a pipe, the forms of a union, both sides of an
 * intersection, what a lazy one stands for.
 */
export function innerOf(schema: z.ZodType): readonly z.ZodType[] {
  if (isWrapped(schema)) return [schema.unwrap() as z.ZodType];
  if (schema instanceof z.ZodPipe) return [schema.in as z.ZodType, schema.out as z.ZodType];
  if (schema instanceof z.ZodIntersection) return [schema.def.left as z.ZodType, schema.def.right as z.ZodType];
  if (schema instanceof z.ZodLazy) return resolveLazy(schema);
  return schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]) : [];
}

function resolveLazy(schema: z.ZodLazy): readonly z.ZodType[] {
  try {
    const inner: unknown = schema._zod.innerType;
    return isSchema(inner) ? [inner] : [];
  } catch {
    // The plugin's own function; the definition's check and whoever parses tell what it throws.
    return [];
  }
}

const wrappers = ["optional", "nullable", "default", "prefault", "nonoptional", "readonly", "catch"];

function isWrapped(schema: z.ZodType): schema is z.ZodOptional | z.ZodNullable | z.ZodDefault | z.ZodPrefault {
  // A type of the author's own, made on zod's core, has none; neither has a schema of zod 3.
  const def: z.core.$ZodTypeDef | undefined = schema.def;
  return def !== undefined && wrappers.includes(def.type);
}

/** A parameter whose text is itself a command expression: parsed, looked up and bound when it is stored, not when it runs. */
export function expression(options: { readonly owner?: string } = {}) {
  const schema = z.string().describe("a command expression");
  traits.add(schema, { expression: options });
  return schema;
}

/** A parameter that accepts more kinds of literals than usual. Wrap the finished schema. */
export function accepting<Schema extends z.ZodType>(schema: Schema, policy: ValuePolicy): Schema {
  const own = schema.clone() as Schema;
  traits.add(own, { ...traitsOf(schema), policy });
  return own;
}
