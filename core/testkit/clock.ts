import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../plugin/surroundings.ts";
import { nodeClock, withinLimit } from "../ports/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Turns of the event loop that `advance` leaves to promises after each timer. */
const settlingTurns = 2;

/** Real milliseconds for timers to be set, less than test runners wait. */
const timersLimitMs = 4_000;

/** Time that stands still until a test moves it. Timers run in the order of their times, equal ones in the order they were set. */
export class VirtualClock implements Clock {
  #elapsed = 0;
  #wall: number;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #onTimer = new Set<() => void>();

  /** `start` is the wall clock at the beginning, in milliseconds since the epoch. */
  constructor(start = Date.UTC(2025, 0, 1)) {
    this.#wall = start;
  }

  now(): number {
    return this.#wall + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** How many timers are set; none may be left when everything has been stopped. */
  get pending(): number {
    return this.#timers.size;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, run };
    this.#timers.add(timer);
    for (const tell of [...this.#onTimer]) tell();
    return () => {
      this.#timers.delete(timer);
    };
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const giveUp = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = this.after(ms, () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      });
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /**
   * Resolves when `count` timers are set, after whatever real work comes before them: files, sockets, programs, of which this clock
   * knows nothing. Throws after `limitMs` real milliseconds.
   */
  async waitForTimers(count = 1, limitMs = timersLimitMs): Promise<void> {
    const onLimit = () =>
      new Error(`${count} timers were to be set on the clock within ${limitMs} ms; set are ${this.pending}`);
    let look: () => void = () => undefined;
    const set = new Promise<void>((resolve) => {
      look = () => {
        if (this.pending >= count) resolve();
      };
    });
    this.#onTimer.add(look);
    look();
    try {
      await withinLimit(nodeClock(), limitMs, undefined, onLimit, () => set);
    } finally {
      this.#onTimer.delete(look);
    }
  }

  /** Sets the wall clock, as an operator or a time server would; timers do not notice. */
  setWallClock(now: number): void {
    this.#wall = now - this.#elapsed;
  }

  /** Lets `ms` pass: runs every timer that falls due, each at its own time, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await this.settle();
    for (let due = this.#earliest(end); due !== undefined; due = this.#earliest(end)) {
      this.#timers.delete(due);
      this.#elapsed = Math.max(this.#elapsed, due.at);
      due.run();
      await this.settle();
    }
    this.#elapsed = end;
  }

  /** Lets promises settle without moving time. Needs the real event loop: nothing else knows when promises are done. */
  async settle(): Promise<void> {
    for (let count = 0; count < settlingTurns; count++) await turn();
  }

  #earliest(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  }
}
