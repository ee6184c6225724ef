import type { Clock } from "../plugin/surroundings.ts";
import { Bell } from "./bell.ts";

/** Milliseconds for which changes are gathered before a beat tells them. */
const gatherMs = 1000;
/** Milliseconds between two beats that tell changes, at the least. */
const changesMs = 5000;

/** When the next heartbeat is due: an interval after the last one, and sooner when something has changed since. */
export class Rhythm {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #bell: Bell;
  #hasChanged = false;
  #lastEarly = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#bell = new Bell(clock);
  }

  /** Something is other than the last heartbeat says. */
  noteChange(): void {
    this.#hasChanged = true;
    this.#bell.ring();
  }

  /** A heartbeat is made now; what changes from here on belongs to the next one. */
  beat(): void {
    this.#hasChanged = false;
  }

  /** Resolves when the next heartbeat is due, or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    const due = this.#clock.elapsed() + this.#intervalMs;
    await this.#until(due, signal, () => this.#hasChanged);
    if (!this.#hasChanged) return;
    const soon = Math.max(this.#clock.elapsed() + gatherMs, this.#lastEarly + changesMs);
    if (soon < due) this.#lastEarly = soon;
    await this.#until(Math.min(soon, due), signal, () => false);
  }

  async #until(time: number, signal: AbortSignal, isOver: () => boolean): Promise<void> {
    for (;;) {
      const left = time - this.#clock.elapsed();
      if (left <= 0 || signal.aborted || isOver()) return;
      await this.#bell.wait(left, signal);
    }
  }
}
