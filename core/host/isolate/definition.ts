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
    if (coerce === true || type === "catch" || type === "lazy") return true;
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

/** A schema that refuses what the JSON Schema refuses, as far as zod can read it, and describes itself by it. */
function readSchema(schema: Json, isOptional: boolean, isBelieved = true): z.ZodType {
  let read: z.ZodType = z.unknown();
  try {
    if (isBelieved) read = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    // The plugin's own process checks by the schema itself.
  }
  return asDescribed(isOptional ? read.optional() : read, schema);
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
        result: readSchema(result, false),
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
