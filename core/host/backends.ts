import type { Configuration, StoreEntry } from "../config/configuration.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { StorePlugin } from "../plugin/contract.ts";
import { type Capabilities, type Driver, noCapabilities, StoreError } from "../plugin/driver.ts";
import type { Clock, Log, Random, Store } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import type { Files } from "../ports/files.ts";
import type { Modules } from "../ports/modules.ts";
import type { Account } from "../store/account.ts";
import { KnownCapabilities } from "../store/known.ts";
import { openStore, shareTraffic } from "../store/store.ts";
import { enterDriver, enterPlugin } from "./blame.ts";
import { builtinBackends } from "./builtins.ts";
import { gatherFaults } from "./faults.ts";
import { importPlugin, needSound } from "./import.ts";
import type { FailedPlugin, Loading } from "./load.ts";
import { Place } from "./place.ts";
import { readOptions } from "./read-options.ts";
import type { Scope } from "./scope.ts";
import { admitStranger, isBuiltin } from "./strangers.ts";

/** Milliseconds that a store may take to open, and a service to start. */
export const startLimitMs = 10_000;

/** What every driver has. */
const driverMethods = ["head", "read", "write", "list", "remove"] as const;

/** Stores without which a device can neither take a command nor answer one: their failure ends the start. */
const neededStores: readonly string[] = ["incoming", "status"];

export interface OpenedStore {
  readonly store: Store;
  readonly ms: number;
  /** Why every operation on it fails; absent when it opened. */
  readonly failure?: RustiqError | undefined;
  /** What is known of the place, and the way to find out more; absent when it did not open. */
  readonly place?: Place | undefined;
  /** What its server says of itself; absent where the backend cannot ask. */
  readonly health?: Driver["health"] | undefined;
  /** What went over it since it was opened. */
  readonly account: Account;
}

export interface BackendParts {
  readonly configuration: Configuration;
  readonly modules: Modules;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly makeScope: (name: string) => Scope;
  readonly files: Files;
}

/**
 * Who speaks to the storage of an entry: a listed plugin, else the built-in word or the package that `backend` names. Throws what keeps
 * it from doing so.
 */
export async function findBackend(
  { backend }: StoreEntry,
  index: number,
  { loaded, failed }: Loading,
  parts: Pick<BackendParts, "configuration" | "modules" | "clock"> & { readonly log?: Log | undefined },
  scope?: Scope,
): Promise<{ readonly file: string; readonly plugin: StorePlugin }> {
  for (const { plugin, file, newcomer } of loaded) {
    if (plugin.kind !== "store" || plugin.backend !== backend) continue;
    if (scope !== undefined) newcomer?.becomes(scope);
    return { plugin, file };
  }
  // A built-in word has gone to nobody by a plugin that asks for it without saying that it replaces it.
  const isGone = ({ provided, entry }: FailedPlugin) =>
    provided?.kind === "store" &&
    provided.name === backend &&
    (entry?.replaces === backend || !Object.hasOwn(builtinBackends, backend));
  const unusable = failed.find(isGone);
  const why = unusable && gatherFaults(unusable.faults, "Mend the plugin, or its entry.");
  if (why !== undefined) throw why;
  const { folder } = parts.configuration;
  const imported = await importPlugin(backend, `stores[${index}].backend`, { ...parts, folder, culprit: scope });
  const plugin = needSound(imported);
  if (plugin.kind === "store") return { plugin, file: imported.file };
  throw new Error(`${backend} is a service, not a store backend`);
}

/**
 * The driver that a backend opens with these options, as it is; closed with the scope. Throws what the backend's schema or its `open`
 * says, and "plugin-globals" for one that is not built in, by its `file`.
 */
export async function openDriver(
  plugin: StorePlugin,
  options: StoreEntry["options"],
  scope: Scope,
  clock: Clock,
  file = "",
): Promise<Driver> {
  const read = readOptions(plugin.config, options);
  if ("reason" in read) throw new Error(read.reason);
  const onLimit = () => new Error(`it takes longer than ${startLimitMs} ms to open`);
  const open = async () => plugin.open(scope.context(read.value));
  const driver = await withinLimit(clock, startLimitMs, undefined, onLimit, (signal) =>
    isBuiltin({ file }) ? enterPlugin(scope, open) : admitStranger(scope, scope.log, signal, open),
  );
  const missing = driverMethods.filter((name) => typeof driver?.[name] !== "function");
  if (missing.length > 0) throw new Error(`open answered no function for ${missing.join(", ")}`);
  if (driver.close !== undefined) scope.onStop(() => driver.close?.());
  return driver;
}

/** A store that did not open still has its name: whoever uses it is told why. */
function failingDriver(failure: RustiqError): Driver {
  const fail = () => Promise.reject(new StoreError("unavailable", failure.message, { retry: "never" }));
  return {
    head: fail,
    read: fail,
    write: fail,
    remove: fail,
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: fail }) }),
  };
}

/** Opens one configured store. Never throws: a store that fails is one that answers with the reason. */
export async function openConfiguredStore(
  entry: StoreEntry,
  index: number,
  loading: Loading,
  parts: BackendParts,
): Promise<OpenedStore> {
  const { clock, random } = parts;
  const { name, backend, prefix } = entry;
  const { requestMs } = parts.configuration.limits;
  // The trials of its place are requests like any other.
  const shared = shareTraffic(clock, requestMs, entry.requestsAtOnce);
  const { account } = shared;
  const started = clock.elapsed();
  const scope = parts.makeScope(`store ${name}`);
  const wrap = (driver: Driver, can: Capabilities | KnownCapabilities) =>
    openStore({
      name,
      backend,
      prefix,
      driver,
      can,
      clock,
      random,
      log: scope.log,
      requestMs,
      shared,
    });
  try {
    const { plugin, file } = await findBackend(entry, index, loading, parts, scope);
    const driver = enterDriver(scope, await openDriver(plugin, entry.options, scope, clock, file));
    const known = new KnownCapabilities(plugin.can, driver.unproven);
    const place = new Place(entry, parts, known, wrap(driver, new KnownCapabilities(plugin.can)));
    await place.recall();
    return { store: wrap(driver, known), ms: clock.elapsed() - started, place, account, health: driver.health };
  } catch (thrown) {
    const failure = fault("store-open", { name, backend, reason: reasonOf(thrown) }, { cause: thrown });
    const store = wrap(failingDriver(failure), noCapabilities);
    return { store, ms: clock.elapsed() - started, failure, account };
  }
}

/** Whether the entry of the plugin that brings this backend says that the device is not to start without it. */
function isVital(backend: string, { loaded, failed }: Loading): boolean {
  const isOf = ({ provided, entry }: Pick<FailedPlugin, "provided" | "entry">) =>
    provided?.kind === "store" && provided.name === backend && entry?.onFailure === "abort";
  return (
    failed.some(isOf) ||
    loaded.some(
      ({ plugin, entry }) => plugin.kind === "store" && plugin.backend === backend && entry?.onFailure === "abort",
    )
  );
}

/**
 * Opens all configured stores, in list order. Throws when some fail that the device cannot, or is not to, do without, together with
 * whatever is wrong with the plugins; and the reason of `stop` when it aborts: the next one is then not begun.
 */
export async function openStores(
  loading: Loading,
  parts: BackendParts,
  stop: AbortSignal,
): Promise<readonly OpenedStore[]> {
  const opened: OpenedStore[] = [];
  for (const [index, entry] of parts.configuration.stores.entries()) {
    opened.push(await openConfiguredStore(entry, index, loading, parts));
    stop.throwIfAborted();
  }
  const failures = opened.flatMap(({ store, failure }) => (failure === undefined ? [] : [{ store, failure }]));
  const fatal = failures.filter(({ store }) => neededStores.includes(store.name) || isVital(store.backend, loading));
  if (fatal.length > 0) {
    const faults = [...fatal.map(({ failure }) => failure), ...loading.failed.flatMap((one) => one.faults)];
    throw gatherFaults(faults, "Mend each of them; the device has not started.") ?? new Error("no store failed");
  }
  for (const { failure } of failures) parts.log.error(failure.message, { hint: failure.hint });
  return opened;
}
