import type { Context, StorePlugin } from "../plugin/contract.ts";
import type { Store } from "../plugin/surroundings.ts";
import { CLOCK, LOG, RANDOM, type Token } from "../plugin/tokens.ts";
import { nodeClock } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { nodeRandom } from "../ports/random.ts";
import { openStore } from "../store/store.ts";

/** A store that `startStore` has opened. */
export interface OpenedStore {
  /** Behind the runtime's layers. */
  readonly store: Store;
  /** Aborts the plugin's signal, runs its releases, last-first, and closes the driver. */
  stop(): Promise<void>;
}

/** Opens a store plugin as the runtime does, behind the runtime's own layers; `stop` closes it. */
export async function startStore(
  plugin: StorePlugin,
  options: { readonly config?: unknown; readonly prefix?: string } = {},
): Promise<OpenedStore> {
  const [clock, random, log] = [nodeClock(), nodeRandom(), silentLog];
  const controller = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  const offered = new Map<symbol, unknown>([
    [CLOCK, clock],
    [RANDOM, random],
    [LOG, log],
  ]);
  const context: Context<never> = {
    name: plugin.backend,
    // Parsed by the schema that `open` was typed with.
    config: plugin.config.parse(options.config ?? {}) as never,
    log,
    signal: controller.signal,
    get: <T>(key: Token<T>) => {
      if (!offered.has(key)) throw new Error(`a store is offered CLOCK, RANDOM and LOG, not ${key.description}`);
      return offered.get(key) as T;
    },
    make: (type) => new type(),
    onStop: (release) => {
      releases.push(release);
    },
  };
  const driver = await plugin.open(context);
  const { backend, can } = plugin;
  const prefix = options.prefix ?? "";
  const store = openStore({ name: backend, backend, can, driver, prefix, clock, random, log, requestMs: 30_000 });
  return {
    store,
    stop: async () => {
      controller.abort(new Error(`store ${backend} is stopped`));
      for (const release of releases.toReversed()) await release();
      await driver.close?.();
    },
  };
}
