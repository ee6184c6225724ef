const shortestMs = 1000;
const longestMs = 5 * 60 * 1000;
/** A program that ran this long is taken to work; its next crash is a first one again. */
const provenMs = 60 * 1000;

/** How long to wait before a crashed program is started again: 1 s, doubled by each crash, 5 min at most. */
export class Backoff {
  #crashes = 0;

  /** Milliseconds to wait after a run of `ranMs`. */
  next(ranMs: number): number {
    if (ranMs >= provenMs) this.#crashes = 0;
    const wait = Math.min(shortestMs * 2 ** this.#crashes, longestMs);
    this.#crashes = Math.min(this.#crashes + 1, 30);
    return wait;
  }

  reset(): void {
    this.#crashes = 0;
  }
}
