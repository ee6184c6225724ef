import { openDriver } from "../host/backends.ts";
import { makeLoneScope } from "../host/scope.ts";
import type { StorePlugin } from "../plugin/contract.ts";
import type { Driver } from "../plugin/driver.ts";
import type { Store } from "../plugin/surroundings.ts";
import { CLOCK, RANDOM } from "../plugin/tokens.ts";
import { nodeClock } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { nodeRandom } from "../ports/random.ts";
import { openStore } from "../store/store.ts";

/** A store that `startStore` has opened. */
export interface OpenedStore {
  /** Behind the runtime's layers. */
  readonly store: Store;
  /** As the plugin opened it. */
  readonly driver: Driver;
  /** Aborts the plugin's signal, runs its releases, last-first, and closes the driver. */
  stop(): Promise<void>;
}

/** Opens a store plugin as the runtime does, behind the runtime's own layers; `stop` closes it and throws what its releases throw. */
export async function startStore(
  plugin: StorePlugin,
  options: { readonly config?: Readonly<Record<string, unknown>>; readonly prefix?: string } = {},
): Promise<OpenedStore> {
  const [clock, random, log] = [nodeClock(), nodeRandom(), silentLog];
  const { backend, can } = plugin;
  const scope = makeLoneScope(backend, log, [
    [CLOCK, clock],
    [RANDOM, random],
  ]);
  const driver = await openDriver(plugin, options.config ?? {}, scope, clock);
  const prefix = options.prefix ?? "";
  const store = openStore({ name: backend, backend, can, driver, prefix, clock, random, log, requestMs: 30_000 });
  return {
    store,
    driver,
    stop: async () => {
      const problems = await scope.release(clock);
      if (problems.length > 0) throw new Error(problems.join("; "));
    },
  };
}
