import { z } from "zod";
import type { ValuePolicy } from "../../grammar/index.ts";

/** What a parameter says of itself beyond its schema. */
export interface ParameterTraits {
  /** The text is a command expression, checked when it is given. `owner` names the parameter that holds its owner service. */
  readonly expression?: { readonly owner?: string | undefined } | undefined;
  /** Literals that are refused unless a parameter asks for them: sets, bytes, infinities, repeated or non-string keys. */
  readonly policy?: ValuePolicy | undefined;
}

const traits = z.registry<ParameterTraits>();

/** The traits of a parameter's schema, also when it was wrapped afterwards: `expression().optional()`. */
export function traitsOf(schema: z.ZodType): ParameterTraits {
  const found = traits.get(schema);
  if (found !== undefined) return found;
  return isWrapped(schema) ? traitsOf(schema.unwrap() as z.ZodType) : {};
}

function isWrapped(schema: z.ZodType): schema is z.ZodOptional | z.ZodNullable | z.ZodDefault | z.ZodPrefault {
  const { type } = schema.def;
  return type === "optional" || type === "nullable" || type === "default" || type === "prefault";
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
