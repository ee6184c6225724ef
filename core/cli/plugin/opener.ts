import { openDriver } from "../../host/backends.ts";
import { makeLoneScope, type Scope } from "../../host/scope.ts";
import type { StorePlugin } from "../../plugin/contract.ts";
import type { Driver } from "../../plugin/driver.ts";
import type { Clock, Log, Random } from "../../plugin/surroundings.ts";
import { CLOCK, RANDOM } from "../../plugin/tokens.ts";
import { silentLog } from "../../ports/log.ts";
import { KnownCapabilities } from "../../store/known.ts";
import { relay } from "../../store/layers/relay.ts";
import { openStore } from "../../store/store.ts";
import type { GivenConfig } from "./given.ts";

export interface OpenerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Opens one store plugin again and again, as the runtime does, and gives back whatever was not closed. */
export class Opener {
  readonly #plugin: StorePlugin;
  readonly #config: GivenConfig;
  readonly #ports: OpenerPorts;
  readonly #open = new Set<Scope>();

  constructor(plugin: StorePlugin, config: GivenConfig, ports: OpenerPorts) {
    this.#plugin = plugin;
    this.#config = config;
    this.#ports = ports;
  }

  /** The backend's own driver. Its first `close` does what the runtime does when a store is given up. */
  async openBare(): Promise<Driver> {
    const { clock, random, log } = this.#ports;
    const scope = makeLoneScope(this.#plugin.backend, log, [
      [CLOCK, clock],
      [RANDOM, random],
    ]);
    this.#open.add(scope);
    const driver = await openDriver(this.#plugin, this.#config.options, scope, clock);
    const close = async () => {
      if (!this.#open.delete(scope)) return driver.close?.();
      const problems = await scope.release(clock);
      if (problems.length > 0) throw new Error(problems.join("; "));
    };
    return { ...relay(driver), unproven: driver.unproven, close };
  }

  /** The same behind the runtime's layers, where the entry's prefix and a folder of the check's own keep it apart. */
  async openLayered(): Promise<Driver> {
    const { backend } = this.#plugin;
    const driver = await this.openBare();
    const can = new KnownCapabilities(this.#plugin.can, driver.unproven).now;
    const layers = { ...this.#ports, log: silentLog, prefix: this.#config.prefix, requestMs: 30_000 };
    return openStore({ name: backend, backend, can, driver, ...layers });
  }

  /** Closes what a case has left open. */
  async closeRest(): Promise<void> {
    for (const scope of [...this.#open]) {
      this.#open.delete(scope);
      await scope.release(this.#ports.clock);
    }
  }
}
