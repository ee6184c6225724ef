import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { Log } from "../plugin/surroundings.ts";
import { EVENTS, LOG } from "../tokens.ts";

/** Which stores answer. An outage is told once when it begins and once when it ends, however many services wait for it. */
@injectable()
export class Reachability {
  readonly #log: Log;
  readonly #events: Events;
  readonly #failing = new Set<string>();

  constructor(@inject(LOG) log: Log, @inject(EVENTS) events: Events) {
    this.#log = log;
    this.#events = events;
  }

  failed(store: string, reason: string): void {
    if (this.#failing.has(store)) return;
    this.#failing.add(store);
    this.#log.warn(`store ${store} does not answer; it is tried again until it does: ${reason}`, { store });
    this.#events.tell("store", { store, reachable: false, reason });
  }

  answered(store: string): void {
    if (!this.#failing.delete(store)) return;
    this.#log.info(`store ${store} answers again`, { store });
    this.#events.tell("store", { store, reachable: true });
  }
}
