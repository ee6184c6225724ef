import type { Plugin } from "../plugin/contract.ts";
import { isForeign, isSchema } from "../plugin/foreign.ts";
import { readOptions } from "./read-options.ts";

/** What an entry gives as `config`, parsed by the plugin's own schema, or everything that is wrong with it. */
export function parseConfig(given: object, plugin: Plugin): { readonly value: unknown } | { readonly reason: string } {
  // A backend's schema is for the store entries that name it.
  if (plugin.kind === "store" || plugin.config === undefined) {
    if (Object.keys(given).length === 0) return { value: given };
    const isStore = plugin.kind === "store";
    return { reason: isStore ? "options of a store stand in the store's own entry" : "this plugin takes no options" };
  }
  // That it is no schema of ours has been told.
  if (!isSchema(plugin.config) || isForeign(plugin.config)) return { value: given };
  return readOptions(plugin.config, { ...given });
}
