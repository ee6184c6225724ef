import { basename } from "node:path";
import type { Configuration, PluginEntry } from "../config/configuration.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Plugin } from "../plugin/contract.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import type { Modules } from "../ports/modules.ts";
import { builtinBackends, builtinServices } from "./builtins.ts";
import { checkExport } from "./check.ts";

/** Milliseconds that a plugin's module may take to load. */
export const importLimitMs = 10_000;

/** A plugin that is ready to be started. */
export interface LoadedPlugin {
  /** The name in every message. */
  readonly name: string;
  readonly use: string;
  readonly file: string;
  readonly plugin: Plugin;
  /** Parsed by the plugin's own schema. */
  readonly config: unknown;
  readonly loadMs: number;
}

/** A plugin that cannot be used, with everything that is wrong with it. */
export interface FailedPlugin {
  readonly name: string;
  readonly use: string;
  readonly faults: readonly RustiqError[];
}

export interface Loading {
  readonly loaded: readonly LoadedPlugin[];
  readonly failed: readonly FailedPlugin[];
}

/** A plugin's module, wherever it comes from. */
export async function importPlugin(
  use: string,
  index: number,
  parts: { readonly modules: Modules; readonly clock: Clock; readonly folder: string },
): Promise<{ readonly file: string; readonly plugin: Plugin }> {
  const builtin = Object.hasOwn(builtinServices, use) ? builtinServices[use] : builtinBackends[use];
  let file = `built-in ${use}`;
  let load: () => Promise<unknown>;
  if (builtin !== undefined && Object.hasOwn({ ...builtinServices, ...builtinBackends }, use)) load = builtin;
  else {
    try {
      const located = parts.modules.locate(use, parts.folder);
      file = located.file;
      load = () => located.import();
    } catch (thrown) {
      throw unresolved(use, index, reasonOf(thrown));
    }
  }
  let module: unknown;
  try {
    const onLimit = () => new Error(`it takes longer than ${importLimitMs} ms to load`);
    module = await withinLimit(parts.clock, importLimitMs, undefined, onLimit, load);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && reasonOf(thrown).includes(`'${use}'`);
    if (isMissing) throw unresolved(use, index, `no package of that name is installed there`);
    throw fault("plugin-import", { index, use, file, reason: reasonOf(thrown) }, { cause: thrown });
  }
  const checked = checkExport((module as { default?: unknown }).default);
  if (!Array.isArray(checked)) return { file, plugin: checked as Plugin };
  const [problem] = checked;
  if (problem.code !== "plugin-contract") throw fault(problem.code, { index, use, file, ...problem });
  const reason = checked.map((one: { reason?: string }) => one.reason).join("; ");
  throw fault("plugin-contract", { index, use, file, reason });
}

function unresolved(use: string, index: number, reason: string): RustiqError {
  const hint = didYouMean(use, [...Object.keys(builtinServices), ...Object.keys(builtinBackends)]);
  return fault("plugin-unresolved", { index, use, reason }, { hint });
}

function parseConfig(entry: PluginEntry, index: number, plugin: Plugin): unknown {
  const given = entry.config ?? {};
  // A backend's schema is for the store entries that name it.
  if (plugin.kind === "store" || plugin.config === undefined) {
    if (Object.keys(given).length === 0) return given;
    const reason =
      plugin.kind === "store" ? "options of a store stand in the store's own entry" : "this plugin takes no options";
    throw fault("plugin-config", { index, use: entry.use, reason });
  }
  const parsed = plugin.config.safeParse(given);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw fault("plugin-config", { index, use: entry.use, reason: reasons.join("; ") });
}

/** Words of built-in services and paths give a name even to a plugin that could not be read. */
function fallbackName(use: string): string {
  return basename(use).replace(/\.[^.]*$/, "") || use;
}

/** Loads and checks every plugin of the configuration; what is wrong is told of all of them together. */
export async function loadPlugins(
  configuration: Configuration,
  given: readonly Plugin[],
  parts: { readonly modules: Modules; readonly clock: Clock },
): Promise<Loading> {
  const loaded: LoadedPlugin[] = [];
  const failed: FailedPlugin[] = [];
  const taken = new Map<string, string>();
  const accept = (index: number, use: string, plugin: LoadedPlugin) => {
    const [what, name] =
      plugin.plugin.kind === "service" ? ["service", plugin.plugin.service] : ["backend", plugin.plugin.backend];
    const other = taken.get(`${what} ${name}`);
    if (other !== undefined) throw fault("plugin-duplicate", { index, use, what, name, other });
    taken.set(`${what} ${name}`, use);
    loaded.push(plugin);
  };
  for (const [index, entry] of configuration.plugins.entries()) {
    const started = parts.clock.elapsed();
    try {
      const { file, plugin } = await importPlugin(entry.use, index, { ...parts, folder: configuration.folder });
      const config = parseConfig(entry, index, plugin);
      const name = entry.name ?? (plugin.kind === "service" ? plugin.service : plugin.backend);
      accept(index, entry.use, { name, use: entry.use, file, plugin, config, loadMs: parts.clock.elapsed() - started });
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) throw thrown;
      failed.push({ name: entry.name ?? fallbackName(entry.use), use: entry.use, faults: [thrown] });
    }
  }
  for (const [at, plugin] of given.entries()) {
    const index = configuration.plugins.length + at;
    const name = plugin.kind === "service" ? plugin.service : plugin.backend;
    const config = parseConfig({ use: name, name: undefined, config: undefined }, index, plugin);
    accept(index, name, { name, use: name, file: "given by the program", plugin, config, loadMs: 0 });
  }
  return { loaded, failed };
}
