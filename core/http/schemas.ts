import type { Json } from "../plugin/surroundings.ts";

export type JsonObject = { readonly [name: string]: Json };

/** Keywords whose members are schemas under names of their own. */
const named = ["properties", "patternProperties", "dependentSchemas", "$defs"];
/** Keywords whose value is a value and no schema. */
const literal = ["const", "default", "enum", "examples", "required"];

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A JSON Schema for an OpenAPI document. There "#" is the document and no longer the schema: one that refers to its own parts becomes
 * the component `name`, what it defines for itself `name.definition` beside it, and its references follow. Any other stays as it is.
 */
export function placeSchema(components: Record<string, Json>, name: string, schema: Json): Json {
  if (!isObject(schema) || !JSON.stringify(schema).includes('"$ref"')) return schema;
  const { $defs, ...rest } = schema;
  const spell = (definition: string) => `${name}.${definition.replace(/[^\w.-]/g, "_")}`;
  const follow = (reference: string): string => {
    if (reference === "#") return refTo(name);
    const found = /^#\/\$defs\/([^/]+)$/.exec(reference)?.[1];
    return found === undefined ? reference : refTo(spell(found.replaceAll("~1", "/").replaceAll("~0", "~")));
  };
  components[name] = moveRefs(rest, follow);
  for (const [definition, inner] of isObject($defs) ? Object.entries($defs) : []) {
    components[spell(definition)] = moveRefs(inner, follow);
  }
  return { $ref: refTo(name) };
}

export function refTo(component: string): string {
  return `#/components/schemas/${component}`;
}

function moveRefs(schema: Json, follow: (reference: string) => string): Json {
  if (Array.isArray(schema)) return schema.map((one: Json) => moveRefs(one, follow));
  if (!isObject(schema)) return schema;
  const moved = Object.entries(schema).map(([keyword, value]): [string, Json] => {
    if (keyword === "$ref" && typeof value === "string") return [keyword, follow(value)];
    if (literal.includes(keyword)) return [keyword, value];
    if (named.includes(keyword) && isObject(value)) {
      const inner = Object.entries(value).map(([name, one]): [string, Json] => [name, moveRefs(one, follow)]);
      return [keyword, Object.fromEntries(inner)];
    }
    return [keyword, moveRefs(value, follow)];
  });
  return Object.fromEntries(moved);
}
