import { longestLimitMs } from "./request.ts";
import type { JsonObject } from "./schemas.ts";

/** The shapes of the local API that are the same on every device, as JSON Schema. */

const text = (description: string): JsonObject => ({ type: "string", description });

function objectOf(properties: JsonObject, optional: readonly string[] = []): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", required, properties };
}

const listOf = (items: JsonObject): JsonObject => ({ type: "array", items });

/** Members that every call may have. */
export const callMembers: JsonObject = {
  id: { ...text("comes back with the answer"), minLength: 1, maxLength: 256 },
  limit_ms: {
    ...{ type: "integer", minimum: 1, maximum: longestLimitMs },
    description: "milliseconds that the command gets, where that is less than its own limit",
  },
};

const id = text("as the call gave it");
const offset: JsonObject = { type: "integer", minimum: 0 };

const span: JsonObject = {
  ...objectOf({ start: offset, end: offset }),
  description: "place in the expression that the call amounts to",
};

const fault = objectOf(
  {
    code: text("for programs: the README lists the runtime's own, services have more"),
    message: text("what was found and expected"),
    hint: text("what to do"),
    span,
  },
  ["hint", "span"],
);

export const errorShape: JsonObject = objectOf({ id, status: { const: "error" }, error: fault }, ["id"]);

export const resultShape: JsonObject = objectOf(
  {
    id,
    status: { const: "ok" },
    result: { description: "what the command answers: the component `result.<service>.<command>`" },
  },
  ["id"],
);

const parameter = objectOf(
  {
    name: text("its name"),
    required: { type: "boolean" },
    schema: { description: "JSON Schema of what it takes" },
    expression: { const: true, description: "takes an expression of the command language, as a text" },
  },
  ["expression"],
);

const command = objectOf({
  name: text("its name"),
  about: text("what it does"),
  effect: { enum: ["read", "idempotent", "once"] },
  bare: { type: "boolean", description: "can be called without naming the service" },
  parameters: listOf(parameter),
  result: { description: "JSON Schema of what it answers" },
});

const service = objectOf({
  service: text("its name"),
  status: { enum: ["running", "stuck", "failed", "remote"] },
  commands: listOf(command),
});

export const commandsShape: JsonObject = objectOf({ services: listOf(service) });
