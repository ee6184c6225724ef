import { basename, dirname } from "node:path";
import type { Configuration, PluginEntry } from "../config/configuration.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Plugin } from "../plugin/contract.ts";
import type { Clock, Log } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import type { Modules } from "../ports/modules.ts";
import { type Culprit, Newcomer } from "./blame.ts";
import { builtinBackends, builtinServices } from "./builtins.ts";
import { checkExport } from "./check.ts";
import { admitStranger, builtinFile } from "./strangers.ts";

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
  /** Whom what its module began belongs to, until the plugin is started. */
  readonly newcomer?: Newcomer | undefined;
}

/** A plugin that cannot be used, with everything that is wrong with it. */
interface FailedPlugin {
  readonly name: string;
  readonly use: string;
  readonly faults: readonly RustiqError[];
  readonly newcomer?: Newcomer | undefined;
}

export interface Loading {
  readonly loaded: readonly LoadedPlugin[];
  readonly failed: readonly FailedPlugin[];
}

/** A plugin's module, wherever it comes from. `culprit` answers for what it does while it loads. */
export async function importPlugin(
  use: string,
  place: string,
  parts: {
    readonly modules: Modules;
    readonly clock: Clock;
    readonly folder: string;
    readonly log?: Log | undefined;
    readonly culprit?: Culprit | undefined;
  },
): Promise<{ readonly file: string; readonly plugin: Plugin }> {
  const builtin = Object.hasOwn(builtinServices, use) ? builtinServices[use] : builtinBackends[use];
  let file = builtinFile(use);
  let load: (signal: AbortSignal) => Promise<unknown>;
  if (builtin !== undefined && Object.hasOwn({ ...builtinServices, ...builtinBackends }, use)) load = builtin;
  else {
    try {
      const located = parts.modules.locate(use, parts.folder);
      file = located.file;
      const culprit = parts.culprit ?? new Newcomer(use);
      load = (signal) => admitStranger(culprit, parts.log, signal, () => located.import());
    } catch (thrown) {
      throw unresolved(use, place, reasonOf(thrown));
    }
  }
  let module: unknown;
  try {
    const onLimit = () => new Error(`it takes longer than ${importLimitMs} ms to load`);
    module = await withinLimit(parts.clock, importLimitMs, undefined, onLimit, load);
  } catch (thrown) {
    if (thrown instanceof RustiqError && thrown.code === "plugin-globals") throw thrown;
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && reasonOf(thrown).includes(`'${use}'`);
    if (isMissing) throw unresolved(use, place, `no package of that name is installed there`);
    throw fault("plugin-import", { place, use, file, reason: reasonOf(thrown) }, { cause: thrown });
  }
  return { file, plugin: readPlugin((module as { default?: unknown }).default, { place, use, file }) };
}

/** The plugin that a default export is. Throws everything that keeps it from being one. */
function readPlugin(
  value: unknown,
  at: { readonly place: string; readonly use: string; readonly file: string },
): Plugin {
  const checked = checkExport(value);
  if ("kind" in checked) return checked;
  const [problem] = checked;
  if (problem?.code === "plugin-export") throw fault(problem.code, { ...at, ...problem });
  if (problem?.code === "plugin-api") throw fault(problem.code, { ...at, ...problem });
  const reasons = checked.flatMap((one) => (one.code === "plugin-contract" ? [one.reason] : []));
  throw fault("plugin-contract", { ...at, reason: reasons.join("; ") });
}

function unresolved(use: string, place: string, reason: string): RustiqError {
  const hint = didYouMean(use, [...Object.keys(builtinServices), ...Object.keys(builtinBackends)]);
  return fault("plugin-unresolved", { place, use, reason }, { hint });
}

function parseConfig(entry: PluginEntry, place: string, plugin: Plugin): unknown {
  const given = entry.config ?? {};
  // A backend's schema is for the store entries that name it.
  if (plugin.kind === "store" || plugin.config === undefined) {
    if (Object.keys(given).length === 0) return given;
    const reason =
      plugin.kind === "store" ? "options of a store stand in the store's own entry" : "this plugin takes no options";
    throw fault("plugin-config", { place, use: entry.use, reason });
  }
  const parsed = plugin.config.safeParse(given);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw fault("plugin-config", { place, use: entry.use, reason: reasons.join("; ") });
}

/** Words of built-in services and paths give a name even to a plugin that could not be read. */
function fallbackName(use: string): string {
  const name = basename(use).replace(/\.[^.]*$/, "");
  return (name === "index" ? basename(dirname(use)) : name) || use;
}

const fromProgram = "given by the program";

/** Loads and checks every plugin of the configuration; what is wrong is told of all of them together. */
export async function loadPlugins(
  configuration: Configuration,
  given: readonly Plugin[],
  parts: { readonly modules: Modules; readonly clock: Clock; readonly log?: Log | undefined },
): Promise<Loading> {
  const loaded: LoadedPlugin[] = [];
  const failed: FailedPlugin[] = [];
  const taken = new Map<string, string>();
  const load = async (
    place: string,
    entry: PluginEntry,
    find: (newcomer: Newcomer) => Promise<{ file: string; plugin: Plugin }>,
  ) => {
    const { use } = entry;
    const newcomer = new Newcomer(entry.name ?? fallbackName(use));
    const started = parts.clock.elapsed();
    try {
      const { file, plugin } = await find(newcomer);
      const config = parseConfig(entry, place, plugin);
      const [what, own] = plugin.kind === "service" ? ["service", plugin.service] : ["backend", plugin.backend];
      const other = taken.get(`${what} ${own}`);
      if (other !== undefined) throw fault("plugin-duplicate", { place, use, what, name: own, other });
      taken.set(`${what} ${own}`, use);
      const loadMs = parts.clock.elapsed() - started;
      loaded.push({ name: entry.name ?? own, use, file, plugin, config, loadMs, newcomer });
    } catch (thrown) {
      // A definition may do anything when it is read; it never takes the others down.
      const told =
        thrown instanceof RustiqError
          ? thrown
          : fault("plugin-contract", { place, use, file: use, reason: reasonOf(thrown) }, { cause: thrown });
      failed.push({ name: entry.name ?? fallbackName(use), use, faults: [told], newcomer });
    }
  };
  for (const [index, entry] of configuration.plugins.entries()) {
    const place = `plugins[${index}]`;
    await load(place, entry, (culprit) =>
      importPlugin(entry.use, place, { ...parts, folder: configuration.folder, culprit }),
    );
  }
  for (const [at, value] of given.entries()) {
    const place = `plugins[${configuration.plugins.length + at}]`;
    const use = String((value.kind === "store" ? value.backend : value.service) ?? fromProgram);
    await load(place, { use, name: undefined, config: undefined }, async () => ({
      file: fromProgram,
      plugin: readPlugin(value, { place, use, file: fromProgram }),
    }));
  }
  return { loaded, failed };
}
