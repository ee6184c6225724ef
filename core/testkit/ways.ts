import { z } from "zod";
import { defineStore, type Plugin } from "../plugin/contract.ts";
import type { Clock } from "../plugin/surroundings.ts";
import type { Central } from "./central.ts";
import { type Fault, type FaultyDriver, faultyDriver } from "./faulty.ts";
import { memoryCapabilities, memoryDriver } from "./memory.ts";

/** The word of the backend in memory, in store entries of the device. */
export const memoryBackend = "testkit-memory";

/** The stores of one device: its own way to objects that others may share. */
export class Ways {
  readonly #central: Central;
  readonly #clock: Clock;
  readonly #faults: Readonly<Record<string, readonly Fault[]>>;
  readonly #drivers = new Map<string, FaultyDriver>();

  constructor(central: Central, clock: Clock, faults: Readonly<Record<string, readonly Fault[]>>) {
    this.#central = central;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** One for all starts: a fault that has struck does not strike again. */
  driver(name: string): FaultyDriver {
    let driver = this.#drivers.get(name);
    if (driver === undefined) {
      const plan = { clock: this.#clock, script: this.#faults[name] ?? [] };
      driver = faultyDriver(memoryDriver(this.#central.memory(name), this.#clock), plan);
      this.#drivers.set(name, driver);
    }
    return driver;
  }

  plugin(): Plugin {
    return defineStore({
      api: 1,
      backend: memoryBackend,
      about: "Objects of a central system in memory.",
      config: z.strictObject({ name: z.string() }),
      can: memoryCapabilities,
      open: ({ config }) => this.driver(config.name),
    });
  }
}
