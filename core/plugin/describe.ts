import { z } from "zod";
import type { Effect, Plugin, ServicePlugin } from "./contract.ts";
import type { Capabilities } from "./driver.ts";
import { traitsOf } from "./parameters.ts";
import type { Json } from "./surroundings.ts";

export interface ParameterDescription {
  readonly name: string;
  readonly required: boolean;
  /** JSON Schema of what the parameter takes. */
  readonly schema: Json;
  readonly expression?: boolean;
}

export interface CommandDescription {
  readonly name: string;
  readonly about: string;
  readonly effect: Effect;
  readonly bare: boolean;
  /** Limit of one run in milliseconds, where the command declares one. */
  readonly timeoutMs?: number;
  readonly parameters: readonly ParameterDescription[];
  /** JSON Schema of the result. */
  readonly result: Json;
}

export type PluginDescription =
  | {
      readonly kind: "service";
      /** The contract's version that the plugin was made for. */
      readonly api: number;
      readonly service: string;
      readonly about: string;
      readonly config: Json;
      readonly commands: readonly CommandDescription[];
    }
  | {
      readonly kind: "store";
      readonly api: number;
      readonly backend: string;
      readonly about: string;
      readonly config: Json;
      readonly can: Capabilities;
    };

/** Whether a call may leave the parameter out. */
export function isOptional(schema: z.ZodType): boolean {
  try {
    return schema.safeParse(undefined).success;
  } catch {
    // A plugin's own transformation that cannot stand nothing.
    return false;
  }
}

/** JSON Schemas of schemas that were read from one; they are told as they came. */
const told = new WeakMap<z.ZodType, Json>();

/** The schema, described by this JSON Schema and not by what zod makes of it. */
export function asDescribed<Schema extends z.ZodType>(schema: Schema, json: Json): Schema {
  told.set(schema, json);
  return schema;
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const known = told.get(schema);
  if (known !== undefined) return known;
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest as Json;
}

/** A service's commands as plain JSON. */
export function describeCommands(plugin: ServicePlugin): CommandDescription[] {
  return Object.entries(plugin.commands).map(([name, command]) => ({
    name,
    about: command.about,
    effect: command.effect,
    bare: command.bare === true,
    ...(command.timeoutMs === undefined ? {} : { timeoutMs: command.timeoutMs }),
    parameters: Object.entries(command.args).map(([parameter, schema]) => ({
      name: parameter,
      required: !isOptional(schema),
      schema: schemaOf(schema, "input"),
      ...(traitsOf(schema).expression === undefined ? {} : { expression: true }),
    })),
    result: schemaOf(command.result, "output"),
  }));
}

/** A command as the runtime's own JSON documents spell it: in snake_case. */
export function spellCommand({ timeoutMs, ...command }: CommandDescription): object {
  return timeoutMs === undefined ? command : { ...command, timeout_ms: timeoutMs };
}

/** Everything a definition says, as plain JSON, without running it. */
export function describe(plugin: Plugin): PluginDescription {
  const config = plugin.config === undefined ? {} : schemaOf(plugin.config, "input");
  const { kind, api, about } = plugin;
  if (kind === "store") return { kind, api, backend: plugin.backend, about, config, can: plugin.can };
  return { kind, api, service: plugin.service, about, config, commands: describeCommands(plugin) };
}
