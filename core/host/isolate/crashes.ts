/** So many deaths within so many milliseconds, and a guest is not started again. */
export const mostCrashes = 5;
export const crashWindowMs = 10 * 60_000;
/** Milliseconds until the first restart; the next ones wait longer. */
const firstRestartMs = 500;
const longestWaitMs = 30_000;

/** The deaths of a guest, and what follows from them. Times are of a clock that never goes back. */
export class Crashes {
  readonly #firstMs: number;
  #times: number[] = [];
  #count = 0;

  constructor(firstMs = firstRestartMs) {
    this.#firstMs = firstMs;
  }

  get count(): number {
    return this.#count;
  }

  /** Notes a death; answers the milliseconds until the next life, or undefined when there is to be none. */
  note(at: number, spread: number): number | undefined {
    this.#count += 1;
    this.#times = [...this.#times.filter((time) => at - time < crashWindowMs), at];
    if (this.#times.length >= mostCrashes) return undefined;
    // The first restart is quick; the spread keeps several guests that fell over one fault from starting in step.
    const wait = Math.min(longestWaitMs, this.#firstMs * 4 ** (this.#times.length - 1));
    return wait * (0.75 + spread / 4);
  }
}
