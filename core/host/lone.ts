import type { Configuration } from "../config/configuration.ts";
import { fault } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Clock, Log, Random } from "../plugin/surroundings.ts";
import { CLOCK, RANDOM } from "../plugin/tokens.ts";
import type { Files } from "../ports/files.ts";
import type { Guests } from "../ports/guests.ts";
import type { Modules } from "../ports/modules.ts";
import { type OpenedStore, openConfiguredStore } from "./backends.ts";
import { builtinBackends } from "./builtins.ts";
import { stopScopes } from "./lifecycle.ts";
import { type Loading, loadPlugins } from "./load.ts";
import { makeLoneScope, type Scope } from "./scope.ts";

/** The doors that stores need when no device runs around them. */
export interface LonePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly modules: Modules;
  readonly log: Log;
  readonly files: Files;
  /** Without it no plugin can be isolated. */
  readonly guests?: Guests;
}

export interface LoneStores {
  readonly opened: readonly OpenedStore[];
  close(): Promise<void>;
}

/**
 * Opens the named stores of a configuration, in its order, without a device: no state folder, no services. A store that does not
 * open is among the answer with its failure. Throws "store-unknown" for a name that is not configured. `loading` saves loading
 * the plugins a second time; without it they are loaded only when a store needs a backend that one of them brings.
 */
export async function openLoneStores(
  configuration: Configuration,
  names: readonly string[],
  ports: LonePorts,
  loading?: Loading,
): Promise<LoneStores> {
  const known = configuration.stores.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, known);
    throw fault("store-unknown", { name: unknown, known: known.join(", ") || "none" }, { hint });
  }
  const entries = [...configuration.stores.entries()].filter(([, { name }]) => names.includes(name));
  const replaced = configuration.plugins.map(({ replaces }) => replaces);
  const needsPlugins = entries.some(
    ([, { backend }]) => !Object.hasOwn(builtinBackends, backend) || replaced.includes(backend),
  );
  const none: Loading = { loaded: [], failed: [], replaced: [] };
  const found = loading ?? (needsPlugins ? await loadPlugins(configuration, [], ports) : none);
  const scopes: Scope[] = [];
  const makeScope = (name: string) => {
    const scope = makeLoneScope(name, ports.log.child({ plugin: name }), [
      [CLOCK, ports.clock],
      [RANDOM, ports.random],
    ]);
    scopes.push(scope);
    return scope;
  };
  const opened: OpenedStore[] = [];
  for (const [index, entry] of entries) {
    opened.push(await openConfiguredStore(entry, index, found, { ...ports, configuration, makeScope }));
  }
  return { opened, close: () => stopScopes(scopes, ports.clock, ports.log) };
}
