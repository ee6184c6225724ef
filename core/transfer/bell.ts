import type { Clock } from "../plugin/surroundings.ts";

/** A wait that can be ended early. A ring while nobody waits is kept for the next wait. */
export class Bell {
  readonly #clock: Clock;
  #isRung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Resolves after `ms`, at a ring, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isRung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          cancel();
          signal.removeEventListener("abort", end);
          this.#wake = undefined;
          resolve();
        };
        const cancel = this.#clock.after(ms, end);
        signal.addEventListener("abort", end, { once: true });
        this.#wake = end;
      });
    }
    this.#isRung = false;
  }
}
