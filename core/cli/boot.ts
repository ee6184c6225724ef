import type { Heartbeat } from "../central/heartbeat.ts";
import type { Configuration, PluginEntry, StoreEntry } from "../config/configuration.ts";
import { RustiqError, reasonOf } from "../errors.ts";
import { type BackendParts, findBackend } from "../host/backends.ts";
import type { Provided } from "../host/claims.ts";
import type { FailedPlugin, LoadedPlugin, Loading, ReplacedPlugin } from "../host/load.ts";
import { findIll, readState } from "./heartbeat.ts";

/** A fault as `--json` prints it. */
interface ToldFault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A configured store in the boot tree. */
export interface BootStore {
  readonly name: string;
  readonly backend: string;
  /** Where its backend comes from. */
  readonly file?: string;
  /** Milliseconds; absent where the backend is one of the listed plugins, which have their own. */
  readonly load_ms?: number;
  readonly faults?: readonly ToldFault[];
  /** How it was opened at the device's last start. */
  readonly last?: { readonly open_ms: number; readonly failed: boolean };
}

/** A plugin of the configuration in the boot tree: loaded here, not started. */
export interface BootPlugin {
  readonly name: string;
  readonly use: string;
  /** Unknown of a plugin that cannot be read. */
  readonly kind?: "service" | "store";
  readonly service?: string;
  readonly backend?: string;
  readonly file?: string;
  readonly isolate: "none" | "process";
  readonly on_failure: "abort" | "continue";
  readonly replaces?: string;
  /** The `use` of the entry that has its place; it is then not loaded. */
  readonly replaced_by?: string;
  readonly load_ms?: number;
  readonly faults?: readonly ToldFault[];
  /** What the device's last heartbeat says of its service. */
  readonly last?: BootState;
}

interface BootState {
  /** `running`, `stuck`, `failed`. */
  readonly state: string;
  readonly reason?: string | undefined;
  readonly load_ms?: number;
  readonly start_ms?: number;
  /** Of an isolated plugin: its process, how often it was started again, and why the last time. */
  readonly pid?: number | null;
  readonly restarts?: number;
  readonly last_crash?: string;
}

const tellFault = ({ code, message, hint }: RustiqError): ToldFault => ({ code, message, hint });

/** Every plugin of the configuration in the order of its list. */
export function describePlugins(
  configuration: Configuration,
  { loaded, failed, replaced }: Loading,
  heartbeat: Heartbeat | null,
): BootPlugin[] {
  const rows = new Map<PluginEntry | undefined, BootPlugin>();
  for (const one of loaded) rows.set(one.entry, describeLoaded(one, heartbeat));
  for (const one of failed) rows.set(one.entry, describeFailed(one, heartbeat));
  for (const one of replaced) rows.set(one.entry, describeReplaced(one));
  return configuration.plugins.flatMap((entry) => rows.get(entry) ?? []);
}

/** What is told of every plugin alike. */
function describeEntry(name: string, use: string, entry: PluginEntry | undefined, provided: Provided | undefined) {
  const own = provided?.kind === "store" ? { backend: provided.name } : { service: provided?.name ?? name };
  return {
    name,
    use,
    ...(provided === undefined ? {} : { kind: provided.kind, ...own }),
    isolate: entry?.isolate ?? ("none" as const),
    on_failure: entry?.onFailure ?? ("continue" as const),
    ...(entry?.replaces === undefined ? {} : { replaces: entry.replaces }),
  };
}

function describeLoaded(
  { name, use, entry, plugin, file, loadMs }: LoadedPlugin,
  heartbeat: Heartbeat | null,
): BootPlugin {
  const own = plugin.kind === "service" ? plugin.service : plugin.backend;
  return {
    ...describeEntry(name, use, entry, { kind: plugin.kind, name: own }),
    file,
    load_ms: Math.round(loadMs),
    ...(plugin.kind === "service" ? describeLast(own, heartbeat) : {}),
  };
}

function describeFailed(failed: FailedPlugin, heartbeat: Heartbeat | null): BootPlugin {
  const { name, use, entry, provided, file, faults } = failed;
  return {
    ...describeEntry(name, use, entry, provided),
    ...(file === undefined ? {} : { file }),
    faults: faults.map(tellFault),
    ...describeLast(provided?.kind === "service" ? provided.name : name, heartbeat),
  };
}

function describeReplaced({ name, use, entry, provided, by }: ReplacedPlugin): BootPlugin {
  return { ...describeEntry(name, use, entry, provided), replaced_by: by };
}

function describeLast(service: string, heartbeat: Heartbeat | null): { readonly last?: BootState } {
  const said = heartbeat?.plugins[service];
  if (said === undefined) return {};
  const start = heartbeat?.boot?.services.findLast(({ name }) => name === service);
  return {
    last: {
      ...readState(said),
      ...(start === undefined ? {} : { load_ms: start.load_ms, start_ms: start.start_ms }),
      ...heartbeat?.processes?.[service],
    },
  };
}

/** What is not right with plugins, a sentence each: here, or by the device's last heartbeat where that is another fault. */
export function findProblems(rows: readonly BootPlugin[], heartbeat: Heartbeat | null): string[] {
  const broken = rows.filter(({ faults }) => faults !== undefined);
  const known = new Set(broken.map(({ name, service }) => service ?? name));
  return [...broken.map(({ name }) => `plugin ${name} cannot be loaded`), ...findIll(heartbeat, known)];
}

/** Every store of the configuration, in list order; what a store needs to be opened is loaded, and nothing is opened. */
export async function describeStores(
  configuration: Configuration,
  loading: Loading,
  heartbeat: Heartbeat | null,
  parts: Pick<BackendParts, "modules" | "clock">,
): Promise<BootStore[]> {
  const rows: BootStore[] = [];
  for (const [index, entry] of configuration.stores.entries()) {
    const backend = await tryBackend(entry, index, loading, { ...parts, configuration });
    const start = heartbeat?.boot?.stores.find(({ name }) => name === entry.name);
    const last = start === undefined ? {} : { last: { open_ms: start.open_ms, failed: start.failed } };
    rows.push({ name: entry.name, backend: entry.backend, ...backend, ...last });
  }
  return rows;
}

async function tryBackend(
  entry: StoreEntry,
  index: number,
  loading: Loading,
  parts: Pick<BackendParts, "configuration" | "modules" | "clock">,
): Promise<Pick<BootStore, "file" | "load_ms" | "faults">> {
  const begun = parts.clock.elapsed();
  try {
    const { file, plugin } = await findBackend(entry, index, loading, parts);
    const isListed = loading.loaded.some((one) => one.plugin === plugin);
    return { file, ...(isListed ? {} : { load_ms: Math.round(parts.clock.elapsed() - begun) }) };
  } catch (thrown) {
    const told = thrown instanceof RustiqError ? thrown : new RustiqError("store-open", reasonOf(thrown));
    return { faults: [tellFault(told)] };
  }
}
