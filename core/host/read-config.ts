import { fault, type RustiqError } from "../errors.ts";
import type { Plugin } from "../plugin/contract.ts";
import { isForeign } from "../plugin/foreign.ts";

/** What an entry gives as `config`, parsed by the plugin's own schema, or "plugin-config" with everything that is wrong with it. */
export function readConfig(
  config: unknown,
  { place, use }: { readonly place: string; readonly use: string },
  plugin: Plugin,
): { readonly value: unknown } | { readonly fault: RustiqError } {
  const given = config ?? {};
  const refuse = (reason: string) => ({ fault: fault("plugin-config", { place, use, reason }) });
  // A backend's schema is for the store entries that name it.
  if (plugin.kind === "store" || plugin.config === undefined) {
    if (Object.keys(given).length === 0) return { value: given };
    return refuse(
      plugin.kind === "store" ? "options of a store stand in the store's own entry" : "this plugin takes no options",
    );
  }
  // That it is no schema of ours has been told.
  if (typeof plugin.config?.safeParse !== "function" || isForeign(plugin.config)) return { value: given };
  const parsed = plugin.config.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return refuse(reasons.join("; "));
}
