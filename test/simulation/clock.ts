import type { Clock } from "../../core/plugin/surroundings.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

/** The clocks of one process: its own count of milliseconds, and a wall clock that others set. */
export class SimulatedClock<Process extends Owner> implements Clock {
  /** The process that has this clock: plugins get it by the token CLOCK, and so know in whose name they act. */
  readonly process: Process;
  readonly #scheduler: Scheduler;
  readonly #wall: () => number;
  readonly #start: number;

  constructor(process: Process, scheduler: Scheduler, wall: () => number) {
    this.process = process;
    this.#scheduler = scheduler;
    this.#wall = wall;
    this.#start = scheduler.time;
  }

  now(): number {
    return this.#wall();
  }

  elapsed(): number {
    return this.#scheduler.time - this.#start;
  }

  after(ms: number, run: () => void): () => void {
    return this.#scheduler.after(this.process, ms, run);
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
}
