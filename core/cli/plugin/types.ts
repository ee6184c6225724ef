import type { Json } from "../../plugin/surroundings.ts";

export function member(schema: Json, name: string): Json | undefined {
  if (schema === null || typeof schema !== "object" || Array.isArray(schema)) return undefined;
  return (schema as Readonly<Record<string, Json>>)[name];
}

export function isAnything(schema: Json): boolean {
  return schema !== null && typeof schema === "object" && Object.keys(schema).length === 0;
}

/** A JSON Schema in a word or two: `integer`, `string | null`, `'a' | 'b'`. */
export function showType(schema: Json): string {
  const [type, values, ways] = [member(schema, "type"), member(schema, "enum"), member(schema, "anyOf")];
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(ways)) return ways.map(showType).join(" | ");
  const fixed = member(schema, "const");
  if (fixed !== undefined) return JSON.stringify(fixed);
  if (type === "array") return `list of ${showType(member(schema, "items") ?? {})}`;
  return typeof type === "string" ? type : "anything";
}
