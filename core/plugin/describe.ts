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

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
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
    parameters: Object.entries(command.args).map(([parameter, schema]) => ({
      name: parameter,
      required: !isOptional(schema),
      schema: schemaOf(schema, "input"),
      ...(traitsOf(schema).expression === undefined ? {} : { expression: true }),
    })),
    result: schemaOf(command.result, "output"),
  }));
}

/** Everything a definition says, as plain JSON, without running it. */
export function describe(plugin: Plugin): PluginDescription {
  const config = plugin.config === undefined ? {} : schemaOf(plugin.config, "input");
  return plugin.kind === "service"
    ? { kind: "service", service: plugin.service, about: plugin.about, config, commands: describeCommands(plugin) }
    : { kind: "store", backend: plugin.backend, about: plugin.about, config, can: plugin.can };
}
