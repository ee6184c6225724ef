import { z } from "zod";
import type { Effect, Plugin, ServicePlugin } from "./contract.ts";
import type { Capabilities } from "./driver.ts";
import { traitsOf } from "./parameters.ts";
import type { Json } from "./surroundings.ts";

/** A parameter as plain JSON. */
export interface ParameterDescription {
  /** As callers write it. */
  readonly name: string;
  /** Whether a call must give it. */
  readonly required: boolean;
  /** JSON Schema of what the parameter takes. */
  readonly schema: Json;
  /** It holds an expression, which is checked when it is given. */
  readonly expression?: boolean;
}

/** A command as plain JSON. */
export interface CommandDescription {
  /** As callers write it. */
  readonly name: string;
  /** One sentence for operators. */
  readonly about: string;
  /** What repeating it means. */
  readonly effect: Effect;
  /** Callable by its own name from documents of any service. */
  readonly bare: boolean;
  /** Limit of one run in milliseconds, where the command declares one. */
  readonly timeoutMs?: number;
  /** In positional order. */
  readonly parameters: readonly ParameterDescription[];
  /** JSON Schema of the result. */
  readonly result: Json;
}

/** A definition as plain JSON. */
export type PluginDescription =
  | {
      /** A service. */
      readonly kind: "service";
      /** The contract's version that the plugin was made for. */
      readonly api: number;
      /** Its name. */
      readonly service: string;
      /** One sentence for operators. */
      readonly about: string;
      /** JSON Schema of `plugins[].config`; `{}` where the plugin takes no options. */
      readonly config: Json;
      /** In the definition's order. */
      readonly commands: readonly CommandDescription[];
    }
  | {
      /** A store backend. */
      readonly kind: "store";
      /** The contract's version that the plugin was made for. */
      readonly api: number;
      /** The word that a store's `backend` names. */
      readonly backend: string;
      /** One sentence for operators. */
      readonly about: string;
      /** JSON Schema of the store's entry. */
      readonly config: Json;
      /** What it declares. */
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
