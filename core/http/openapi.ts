import type { ServicePlugin } from "../plugin/contract.ts";
import { type CommandDescription, describeCommands } from "../plugin/describe.ts";
import type { Json } from "../plugin/surroundings.ts";
import { largestRequest } from "./body.ts";
import { type JsonObject, placeSchema, refTo } from "./schemas.ts";
import { callMembers, commandsShape, errorShape, resultShape } from "./shapes.ts";

/** Whose API is described. */
export interface ApiOf {
  readonly deviceId: string;
  readonly version: string;
  /** Undefined where the configuration gives none. */
  readonly port: number | undefined;
  /** The limit of commands that declare none. */
  readonly commandMs: number;
}

/** A service by name; without its definition it is another process, which knows its own commands. */
export interface ApiService {
  readonly name: string;
  readonly plugin?: ServicePlugin | undefined;
}

const json = (schema: JsonObject): JsonObject => ({ content: { "application/json": { schema } } });

function requestSchema(service: string, command: CommandDescription, limitMs: number): JsonObject {
  const required = command.parameters.filter((one) => one.required).map(({ name }) => name);
  const parameters = command.parameters.map(({ name, schema }): [string, Json] => [name, schema]);
  return {
    type: "object",
    title: `${service}.${command.name}`,
    description: command.about,
    required: ["service", "command", ...(required.length > 0 ? ["kwargs"] : [])],
    additionalProperties: false,
    properties: {
      service: { const: service },
      command: { const: command.name },
      args: { type: "array", maxItems: 0 },
      kwargs: { type: "object", properties: Object.fromEntries(parameters), required, additionalProperties: false },
      ...callMembers,
    },
    "x-rustiq-effect": command.effect,
    "x-rustiq-limit-ms": limitMs,
  };
}

/** The same with arguments by position, others by name; whether one is missing or given twice no schema can tell. */
function positionalSchema(named: JsonObject, { parameters }: CommandDescription): JsonObject {
  const properties = Object.fromEntries(parameters.map(({ name, schema }): [string, Json] => [name, schema]));
  const [prefixItems, maxItems] = [parameters.map(({ schema }) => schema), parameters.length];
  return {
    ...named,
    title: `${named["title"]} by position`,
    required: ["service", "command", "args"],
    properties: {
      ...(named["properties"] as JsonObject),
      args: { type: "array", prefixItems, minItems: 1, maxItems },
      kwargs: { type: "object", properties, additionalProperties: false },
    },
  };
}

/** A command that nothing is known of: those of other processes. */
function anySchema(names: readonly string[]): JsonObject {
  return {
    type: "object",
    title: "services in other processes",
    description: "They know their own commands; to the runtime each counts as one that must not be repeated.",
    required: ["service", "command"],
    additionalProperties: false,
    properties: {
      service: names.length > 0 ? { enum: names } : { type: "string" },
      command: { type: "string", minLength: 1, maxLength: 256 },
      args: { type: "array" },
      kwargs: { type: "object" },
      ...callMembers,
    },
    "x-rustiq-effect": "once",
  };
}

/** Each command's request and result as components; answers the names of the requests. */
function placeCommands(components: Record<string, Json>, services: readonly ApiService[], of: ApiOf): string[] {
  const calls: string[] = [];
  for (const { name, plugin } of services) {
    if (plugin === undefined) continue;
    for (const command of describeCommands(plugin)) {
      const own = `${name}.${command.name}`;
      const limitMs = plugin.commands[command.name]?.timeoutMs ?? of.commandMs;
      const parameters = command.parameters.map((one) => ({
        ...one,
        schema: placeSchema(components, `argument.${own}.${one.name}`, one.schema),
      }));
      const named = requestSchema(name, { ...command, parameters }, limitMs);
      components[`call.${own}`] = named;
      components[`result.${own}`] = placeSchema(components, `value.${own}`, command.result);
      calls.push(`call.${own}`);
      if (parameters.length === 0) continue;
      components[`call.${own}.by_position`] = positionalSchema(named, { ...command, parameters });
      calls.push(`call.${own}.by_position`);
    }
  }
  const elsewhere = services.filter(({ plugin }) => plugin === undefined).map(({ name }) => name);
  if (elsewhere.length > 0 || calls.length === 0) {
    components["any"] = anySchema(elsewhere);
    calls.push("any");
  }
  return calls;
}

const refusals: Readonly<Record<number, string>> = {
  400: "the request or its body is not understood",
  401: "the token is missing or wrong",
  403: "its Host or Origin is refused",
  408: "the request was not there whole in time",
  413: `the body is larger than ${largestRequest} bytes`,
  415: "the body is no application/json",
  500: "the runtime failed; whether the command ran is unknown",
  503: "as many calls are under way as there may be",
};

function responses(done: JsonObject, codes: readonly number[]): JsonObject {
  const refused = codes.map((code): [string, JsonObject] => [
    String(code),
    { description: refusals[code] ?? "", ...json({ $ref: refTo("error") }) },
  ]);
  return { 200: done, ...Object.fromEntries(refused) };
}

function serverOf({ port }: ApiOf): JsonObject {
  if (port !== undefined) return { url: `http://127.0.0.1:${port}` };
  const variable = { default: "8015", description: "http.port of the configuration" };
  return { url: "http://127.0.0.1:{port}", variables: { port: variable } };
}

/**
 * The local API as an OpenAPI 3.1 document. A call is one of `oneOf`, a schema for each command with its arguments by
 * name, of which generators make types, and one with those in `args` by position.
 */
export function describeApi(of: ApiOf, services: readonly ApiService[]): JsonObject {
  const schemas: Record<string, Json> = { error: errorShape, result: resultShape, commands: commandsShape };
  const calls = placeCommands(schemas, services, of);
  const outcome = { oneOf: [{ $ref: refTo("result") }, { $ref: refTo("error") }] };
  const call: JsonObject = {
    operationId: "call",
    summary: "Runs one command of a service.",
    description: "What the command itself refuses or fails with is answered with 200 and `status: error`.",
    requestBody: { required: true, ...json({ oneOf: calls.map((name) => ({ $ref: refTo(name) })) }) },
    responses: responses(
      { description: "the command's result or error", ...json(outcome) },
      [400, 401, 403, 408, 413, 415, 500, 503],
    ),
  };
  const get = (operationId: string, summary: string, schema: JsonObject): JsonObject => ({
    get: {
      ...{ operationId, summary },
      responses: responses({ description: summary, ...json(schema) }, [401, 403]),
    },
  });
  return {
    openapi: "3.1.0",
    info: {
      title: `RustiQ device ${of.deviceId}`,
      version: of.version,
      description: "The local API of a RustiQ device: its services' commands, for programs on the device.",
    },
    servers: [serverOf(of)],
    security: [{ token: [] }],
    paths: {
      "/v1/call": { post: call },
      "/v1/commands": get("commands", "Every service with its commands.", { $ref: refTo("commands") }),
      "/v1/openapi.json": get("openapi", "This document.", { type: "object" }),
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "the text of http-token in the state folder" },
      },
      schemas,
    },
  };
}
