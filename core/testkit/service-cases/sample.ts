import type { Json } from "../../plugin/surroundings.ts";
import { sampleOfPattern } from "./pattern.ts";

type Schema = Readonly<Record<string, Json>>;

/** Schemas within schemas that are followed; one that holds itself ends here. */
const deepest = 8;

/** Texts in the formats of JSON Schema and of zod. */
const formats: Readonly<Record<string, string>> = {
  "date-time": "2026-01-31T08:00:00Z",
  date: "2026-01-31",
  time: "08:30:00",
  duration: "P1DT12H",
  email: "name@example.org",
  hostname: "example.org",
  uri: "https://example.org/path",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  cidrv4: "192.0.2.0/24",
  cidrv6: "2001:db8::/32",
  mac: "00:00:5e:00:53:01",
  e164: "+33123456789",
  base64: "dGV4dA==",
  base64url: "dGV4dA",
  json_string: "{}",
  nanoid: "V1StGXR8_Z5jdHi6B-myT",
  emoji: "🙂",
};

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Makes values that a JSON Schema takes, as far as it says them: its own examples first, the likelier ones before the others. */
export class Sampler {
  readonly #definitions: Schema;

  constructor(root: Json) {
    const definitions = isSchema(root) ? root["$defs"] : undefined;
    this.#definitions = isSchema(definitions) ? definitions : {};
  }

  /** Not every one of them need be right: whoever takes one asks the schema itself. */
  *candidates(schema: Json, depth = 0): Generator<Json> {
    if (!isSchema(schema) || depth > deepest) return;
    yield* listOf(schema["examples"]);
    if ("const" in schema) yield schema["const"] as Json;
    yield* listOf(schema["enum"]);
    if (typeof schema["$ref"] === "string") yield* this.#follow(schema["$ref"], depth);
    for (const way of [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])]) yield* this.candidates(way, depth + 1);
    const all = listOf(schema["allOf"]);
    if (all.length > 0) yield* this.#join(all, depth);
    const { type } = schema;
    for (const one of Array.isArray(type) ? type : [type]) yield* this.#ofType(one, schema, depth);
    if (schema["default"] !== undefined) yield schema["default"];
    if (type === undefined) yield* ["text", 1, true, {}, []];
  }

  *#follow(ref: string, depth: number): Generator<Json> {
    const found = this.#definitions[ref.replace(/^#\/\$defs\//, "")];
    if (found !== undefined) yield* this.candidates(found, depth + 1);
  }

  /** Of objects that have to be all of these at once. */
  *#join(all: readonly Json[], depth: number): Generator<Json> {
    const parts = all.map((one) => this.#first(one, depth));
    if (parts.every(isSchema)) yield Object.assign({}, ...parts);
    yield* parts.filter((part) => part !== undefined);
  }

  #first(schema: Json, depth: number): Json | undefined {
    for (const found of this.candidates(schema, depth + 1)) return found;
    return undefined;
  }

  *#ofType(type: Json | undefined, schema: Schema, depth: number): Generator<Json> {
    if (type === "string") yield* textsOf(schema);
    if (type === "integer" || type === "number") yield* numbersOf(schema, type === "integer");
    if (type === "boolean") yield* [true, false];
    if (type === "null") yield null;
    if (type === "array") yield* this.#listsOf(schema, depth);
    if (type === "object") yield* this.#objectsOf(schema, depth);
  }

  *#listsOf(schema: Schema, depth: number): Generator<Json> {
    const fixed = listOf(schema["prefixItems"]).map((item) => this.#first(item, depth));
    const least = Math.max(numberOf(schema["minItems"]) ?? 0, fixed.length);
    if (least > 1000) return;
    const item = schema["items"] === undefined ? "text" : this.#first(schema["items"], depth);
    const rest = Array.from({ length: Math.max(least, 1) - fixed.length }, () => item);
    const filled = [...fixed, ...rest];
    if (filled.every((one) => one !== undefined)) yield filled as Json;
    if (least === 0) yield [];
  }

  *#objectsOf(schema: Schema, depth: number): Generator<Json> {
    const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
    const members: [string, Json][] = [];
    for (const name of listOf(schema["required"])) {
      const found = this.#first(properties[String(name)] ?? {}, depth);
      if (found === undefined) return;
      members.push([String(name), found]);
    }
    yield Object.fromEntries(members);
  }
}

function* textsOf(schema: Schema): Generator<string> {
  const { format, pattern } = schema;
  if (typeof format === "string" && formats[format] !== undefined) yield formats[format];
  const fitting = typeof pattern === "string" ? sampleOfPattern(pattern) : undefined;
  if (fitting !== undefined) yield fitting;
  const least = Math.min(numberOf(schema["minLength"]) ?? 0, 100_000);
  const most = numberOf(schema["maxLength"]) ?? Number.POSITIVE_INFINITY;
  for (const text of ["text", "a", "1", "A"]) yield text.padEnd(least, text).slice(0, most);
}

/** Not at the ends, if it can be: a value that is there from the beginning shows nothing. */
function* numbersOf(schema: Schema, isWhole: boolean): Generator<number> {
  const step = numberOf(schema["multipleOf"]) ?? (isWhole ? 1 : 0);
  const [low, high] = [numberOf(schema["minimum"]), numberOf(schema["maximum"])];
  const least = numberOf(schema["exclusiveMinimum"]) ?? low ?? Number.MIN_SAFE_INTEGER;
  const most = numberOf(schema["exclusiveMaximum"]) ?? high ?? Number.MAX_SAFE_INTEGER;
  const [hasLeast, hasMost] = [least > Number.MIN_SAFE_INTEGER, most < Number.MAX_SAFE_INTEGER];
  const align = (value: number) => (step === 0 ? value : Math.round(value / step) * step);
  if (hasLeast && hasMost) yield align((least + most) / 2);
  else if (hasLeast) yield align(least + Math.max(step, 1));
  else if (hasMost) yield align(most - Math.max(step, 1));
  else yield align(Math.max(step, 1));
  yield* [align(least), align(most)];
}
