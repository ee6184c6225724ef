import { StoreError } from "../plugin/driver.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { abortedError } from "./layers/relay.ts";

/** Operations that may be under way at one store at once, where its entry does not say `requests_at_once`. */
export const usualSlots = 16;

export interface SlotOptions {
  readonly most: number;
  readonly clock: Clock;
  /** Milliseconds that one waits while nothing moves at this store. */
  readonly idleMs: number;
  /** Any number that changes when bytes come or go: a store whose slots are all taken by long bodies moves too. */
  readonly progress: () => number;
}

interface Waiter {
  readonly begin: () => void;
}

/** The places of one store for operations that are under way, given out in the order of arrival. */
export class Slots {
  readonly most: number;
  readonly #options: SlotOptions;
  /** In order of arrival. A set: one that gives up in the middle costs no search. */
  readonly #waiting = new Set<Waiter>();
  #taken = 0;
  #returned = 0;

  constructor(options: SlotOptions) {
    this.most = options.most;
    this.#options = options;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves to what gives the slot back, however often it is called. Rejects with `StoreError`: "aborted" as soon as the signal
   * aborts, and "timeout", safe to repeat since nothing was sent, when no slot came back and no byte went for `idleMs`.
   */
  take(what: string, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(abortedError(what));
    // While somebody waits all are taken: nobody overtakes.
    if (this.#taken === this.most) return this.#wait(what, signal);
    this.#taken += 1;
    return Promise.resolve(this.#makeReturn());
  }

  #wait(what: string, signal: AbortSignal): Promise<() => void> {
    const { clock, idleMs } = this.#options;
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      const leave = () => {
        cancel();
        signal.removeEventListener("abort", giveUp);
        this.#waiting.delete(waiter);
      };
      const waiter = {
        begin: () => {
          leave();
          resolve(this.#makeReturn());
        },
      };
      const giveUp = () => {
        leave();
        reject(abortedError(what));
      };
      const watch = () => {
        const before = this.#moves;
        cancel = clock.after(idleMs, () => {
          if (this.#moves !== before) return watch();
          leave();
          reject(this.#stuckError(what));
        });
      };
      this.#waiting.add(waiter);
      signal.addEventListener("abort", giveUp, { once: true });
      watch();
    });
  }

  /** Both only grow. */
  get #moves(): number {
    return this.#returned + this.#options.progress();
  }

  #stuckError(what: string): StoreError {
    const found = `${this.most} operations are under way, and for ${Math.round(this.#options.idleMs)} ms none came to an end`;
    const cure = "read or destroy the body of each answer, or raise requests_at_once in the store's entry";
    return new StoreError("timeout", `${what}: not begun: ${found}; ${cure}`, { retry: "safe" });
  }

  #makeReturn(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#returned += 1;
      const [next] = this.#waiting;
      // Handed on and not freed: whoever arrives in this moment comes after those who wait.
      if (next === undefined) this.#taken -= 1;
      else next.begin();
    };
  }
}
