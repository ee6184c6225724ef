import { z } from "zod";
import {
  API,
  type Command,
  type Commands,
  type Context,
  defineService,
  type Handlers,
  type ServicePlugin,
} from "../../plugin/contract.ts";
import { asDescribed, describe } from "../../plugin/describe.ts";
import { accepting, expression, traitsOf } from "../../plugin/parameters.ts";
import { partsOf } from "../../plugin/parts.ts";
import type { Json } from "../../plugin/surroundings.ts";

const json: z.ZodType<Json> = z.json();

const parameterSchema = z.object({
  name: z.string(),
  required: z.boolean(),
  schema: json,
  /** The schema takes more than its JSON Schema says: what it is given is only looked at in the plugin's own process. */
  isLoose: z.boolean(),
  expression: z.object({ owner: z.string().optional() }).optional(),
  policy: z.record(z.string(), z.boolean()).optional(),
});

const commandSchema = z.object({
  name: z.string(),
  about: z.string(),
  effect: z.enum(["read", "idempotent", "once"]),
  bare: z.boolean(),
  timeoutMs: z.number().optional(),
  parameters: z.array(parameterSchema),
  result: json,
});

/** What an isolated plugin's process says of the plugin: all that the device knows of it. */
export const definitionSchema = z.object({
  service: z.string(),
  about: z.string(),
  config: json,
  commands: z.array(commandSchema),
});

export type GuestDefinition = z.output<typeof definitionSchema>;

/** Whether a schema may take what its JSON Schema refuses: it changes what it is given before it looks, or forgives. */
function isLoose(schema: z.ZodType): boolean {
  for (const part of partsOf(schema)) {
    const {
      type,
      coerce,
      checks = [],
    } = part.schema.def as {
      type: string;
      coerce?: boolean;
      checks?: readonly { readonly _zod?: { readonly def?: { readonly check?: string } } }[];
    };
    if (coerce === true || type === "catch" || type === "lazy" || type === "transform") return true;
    if (checks.some(({ _zod }) => _zod?.def?.check === "overwrite")) return true;
  }
  return false;
}

/** The definition of a service in words that cross a process. */
export function spellDefinition(plugin: ServicePlugin): GuestDefinition {
  const described = describe(plugin);
  if (described.kind !== "service") throw new Error(`${plugin.service} is no service`);
  const commands = described.commands.map(({ name, about, effect, bare, parameters, result }) => {
    const { args = {}, timeoutMs } = plugin.commands[name] ?? {};
    return {
      ...{ name, about, effect, bare, result },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      parameters: parameters.map((parameter) => {
        const schema = args[parameter.name];
        const { expression: stored, policy } = schema === undefined ? {} : traitsOf(schema);
        return {
          ...{ name: parameter.name, required: parameter.required, schema: parameter.schema },
          isLoose: schema === undefined || isLoose(schema),
          ...(stored === undefined ? {} : { expression: { ...stored } }),
          ...(policy === undefined ? {} : { policy: { ...policy } }),
        };
      }),
    };
  });
  return { service: described.service, about: described.about, config: described.config, commands };
}

/**
 * Words of a JSON Schema that the device leaves to the plugin's own process: patterns have lost their flags, and may take for ever
 * on a text; formats are told by patterns of the plugin's own.
 */
const leftOut: readonly string[] = ["pattern", "patternProperties", "propertyNames", "format", "contentEncoding"];
/** Where the members of a JSON Schema are named by the plugin. */
const named: readonly string[] = ["properties", "$defs", "definitions"];
/** What holds values and no schemas. */
const values: readonly string[] = ["enum", "const", "default", "examples"];

function leaveOut(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(leaveOut);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).filter(([name]) => !leftOut.includes(name));
  return Object.fromEntries(
    members.map(([name, value]): [string, Json] => {
      if (values.includes(name)) return [name, value];
      if (!named.includes(name) || typeof value !== "object" || value === null) return [name, leaveOut(value)];
      return [name, Object.fromEntries(Object.entries(value).map(([own, inner]) => [own, leaveOut(inner)]))];
    }),
  );
}

/** A schema that refuses what the JSON Schema surely refuses, and describes itself by it. */
function readSchema(schema: Json, isOptional: boolean, isBelieved: boolean): z.ZodType {
  let read: z.ZodType = z.unknown();
  try {
    if (isBelieved) read = z.fromJSONSchema(leaveOut(schema) as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    // The plugin's own process checks by the schema itself.
  }
  return asDescribed(isOptional ? read.optional() : read, schema);
}

/** What a handler answered and its process refuses to tell, with the reason: the command was carried out. */
export class RefusedAnswer {
  readonly fault: Error;

  constructor(fault: Error) {
    this.fault = fault;
  }
}

/** The plugin's own process has checked the answer by the very schema: here is only told what it found. */
function readResult(schema: Json): z.ZodType {
  const answer = z.unknown().transform((value) => {
    if (value instanceof RefusedAnswer) throw value.fault;
    return value;
  });
  return asDescribed(answer, schema);
}

function readParameter(parameter: GuestDefinition["commands"][number]["parameters"][number]): z.ZodType {
  const { schema, required, isLoose: loose, expression: stored, policy } = parameter;
  if (stored !== undefined) {
    const made = expression(stored.owner === undefined ? {} : { owner: stored.owner });
    return asDescribed(required ? made : made.optional(), schema);
  }
  const made = readSchema(schema, !required, !loose && policy === undefined);
  return policy === undefined ? made : asDescribed(accepting(made, policy), schema);
}

/** The service that a definition tells of, as the device's own: its handlers are what `start` answers. */
export function readDefinition(
  { service, about, config, commands }: GuestDefinition,
  start: (context: Context) => Promise<Handlers<Commands>>,
): ServicePlugin {
  const declared = commands.map(
    ({ name, effect, bare, timeoutMs, parameters, about: of, result }): [string, Command] => [
      name,
      {
        ...{ about: of, effect, bare },
        args: Object.fromEntries(parameters.map((one) => [one.name, readParameter(one)])),
        result: readResult(result),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
    ],
  );
  return defineService({
    ...{ api: API, service, about },
    // Its own process has parsed it already.
    config: asDescribed(z.record(z.string(), z.unknown()), config),
    commands: Object.fromEntries(declared),
    start,
  });
}
