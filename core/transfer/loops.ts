import type { BatchRunner } from "../command/run.ts";
import type { Configuration } from "../config/configuration.ts";
import { reasonOf } from "../errors.ts";
import type { ServiceSet } from "../host/services.ts";
import { inject, injectable } from "../inject.ts";
import type { Clock, Log, Random, Stores } from "../plugin/surroundings.ts";
import {
  CLOCK,
  CONFIGURATION,
  LOG,
  OUTBOX,
  POLLER,
  RANDOM,
  REACHABILITY,
  RUNNER,
  SERVICES,
  STORES,
} from "../tokens.ts";
import { backoffMs } from "./backoff.ts";
import { Bell } from "./bell.ts";
import { StoreOutage } from "./outage.ts";
import type { Outbox } from "./outbox.ts";
import { findStore, incomingStore } from "./places.ts";
import type { Poller } from "./poll.ts";
import type { Reachability } from "./reachability.ts";

/** After a batch the next look comes this soon, then in steps twice as long up to the interval. Milliseconds. */
const eagerMs = 1000;
/** First wait after a poll that failed; it doubles up to the interval. Milliseconds. */
const firstBackoffMs = 1000;

/** How the loops are told to end. */
export interface LoopSignals {
  /** No new entry and no new poll. */
  readonly stop: AbortSignal;
  /** The running command is aborted. */
  readonly cancel: AbortSignal;
}

/** One loop a service: what is open is finished, what is new is taken; the loops run side by side. */
@injectable()
export class ServiceLoops {
  readonly #configuration: Configuration;
  readonly #services: ServiceSet;
  readonly #stores: Stores;
  readonly #poller: Poller;
  readonly #runner: BatchRunner;
  readonly #outbox: Outbox;
  readonly #reachability: Reachability;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #bells = new Map<string, Bell>();
  /** What each service was last told to suffer from. */
  readonly #told = new Map<string, string>();
  #isPaused = false;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(SERVICES) services: ServiceSet,
    @inject(STORES) stores: Stores,
    @inject(POLLER) poller: Poller,
    @inject(RUNNER) runner: BatchRunner,
    @inject(OUTBOX) outbox: Outbox,
    @inject(REACHABILITY) reachability: Reachability,
    @inject(CLOCK) clock: Clock,
    @inject(RANDOM) random: Random,
    @inject(LOG) log: Log,
  ) {
    this.#configuration = configuration;
    this.#services = services;
    this.#stores = stores;
    this.#poller = poller;
    this.#runner = runner;
    this.#outbox = outbox;
    this.#reachability = reachability;
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
  }

  /** Serves every service until `stop` aborts; resolves when the last loop has ended. */
  async serve(signals: LoopSignals): Promise<void> {
    const names = this.#polled();
    for (const name of names) this.#bells.set(name, new Bell(this.#clock));
    await Promise.all([this.#watch(signals.stop), ...names.map((name) => this.#serveOne(name, signals))]);
  }

  /** Takes and runs everything that is pending, once. Answers the services whose document could not be looked at. */
  async serveOnce(signals: LoopSignals): Promise<readonly string[]> {
    const unreachable: string[] = [];
    const drain = async (service: string) => {
      try {
        await this.#poller.closeFinished(service, signals.stop);
        do {
          const progress = await this.#runner.run(service, signals.stop, signals.cancel);
          if (progress === "stopped") return;
          if (progress === "waiting") this.#tellWaiting(service);
          if (progress === "waiting" || !this.#mayTake()) unreachable.push(service);
          if (progress === "waiting") return;
        } while (!signals.stop.aborted && this.#mayTake() && (await this.#poller.poll(service, signals.stop)));
      } catch (thrown) {
        this.#tell(service, thrown);
        unreachable.push(service);
      }
    };
    await Promise.all(this.#polled().map(drain));
    return unreachable;
  }

  /** A configuration may do without a place for commands: such a device only keeps its jobs and applications going. */
  #polled(): readonly string[] {
    return findStore(this.#stores, incomingStore) === undefined ? [] : this.#services.names();
  }

  async #serveOne(service: string, { stop, cancel }: LoopSignals): Promise<void> {
    const { intervalMs, jitter } = this.#configuration.poll;
    let failures = 0;
    let quietMs = intervalMs;
    let isLookedAt = false;
    while (!stop.aborted) {
      let wait: number;
      try {
        if (!isLookedAt) await this.#poller.closeFinished(service, stop);
        isLookedAt = true;
        const progress = await this.#runner.run(service, stop, cancel);
        if (progress === "stopped") return;
        if (progress === "waiting") {
          this.#tellWaiting(service);
          await this.#bells.get(service)?.wait(intervalMs, stop);
          continue;
        }
        const mayTake = this.#mayTake();
        const isTaken = mayTake && (await this.#poller.poll(service, stop));
        if (mayTake) this.#reachability.answered(incomingStore);
        this.#told.delete(service);
        failures = 0;
        if (isTaken) {
          quietMs = Math.min(eagerMs, intervalMs);
          continue;
        }
        wait = quietMs * (1 + jitter * (2 * this.#random.float() - 1));
        quietMs = Math.min(intervalMs, quietMs * 2);
      } catch (thrown) {
        if (stop.aborted) return;
        this.#tell(service, thrown);
        failures += 1;
        wait = backoffMs(failures, this.#random, firstBackoffMs, Math.max(firstBackoffMs, intervalMs));
      }
      await this.#bells.get(service)?.wait(wait, stop);
    }
  }

  /** An outage is told of the store, once for all services; what only this service's document suffers from is told of the service. */
  #tell(service: string, thrown: unknown): void {
    if (thrown instanceof StoreOutage) {
      this.#reachability.failed(thrown.store, thrown.message);
      // Others are asked only about what it has sent.
      if (thrown.store !== incomingStore) this.#reachability.answered(incomingStore);
      return;
    }
    const message = `service ${service} cannot go on with its document; it is tried again: ${reasonOf(thrown)}`;
    this.#tellOnce(service, message, "error", thrown);
  }

  #tellWaiting(service: string): void {
    const message = `a document for ${service} says when it expires, and the clock is behind a time that was seen before; it waits`;
    this.#tellOnce(service, message, "warn");
  }

  #tellOnce(service: string, message: string, level: "warn" | "error", error?: unknown): void {
    if (this.#told.get(service) === message) return;
    this.#told.set(service, message);
    this.#log[level](message, error === undefined ? { service } : { service, error });
  }

  /** Whether a batch may be taken. While reports alone fill the outbox none is, and that is said once, as is its end. */
  #mayTake(): boolean {
    const { isFull, size } = this.#outbox;
    if (isFull !== this.#isPaused) {
      this.#isPaused = isFull;
      if (isFull)
        this.#log.warn("the outbox is full of reports; no document is taken until some are delivered", { bytes: size });
      else this.#log.info("the outbox has room again; documents are taken", { bytes: size });
    }
    return !isFull;
  }

  /** Rings every bell when the incoming store says that something changed. A watch that breaks is begun again. */
  async #watch(stop: AbortSignal): Promise<void> {
    const store = findStore(this.#stores, incomingStore);
    if (store?.watch === undefined) return;
    for (let failures = 1; !stop.aborted; failures++) {
      try {
        for await (const _ of store.watch("", { signal: stop })) {
          failures = 1;
          for (const bell of this.#bells.values()) bell.ring();
        }
      } catch (thrown) {
        if (stop.aborted) return;
        this.#log.debug(`watching ${store.name} broke off: ${reasonOf(thrown)}`);
      }
      const wait = backoffMs(failures, this.#random, firstBackoffMs, this.#configuration.poll.intervalMs);
      await this.#clock.sleep(wait, stop).catch(() => undefined);
    }
  }
}
