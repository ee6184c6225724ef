import type { Journal } from "../journal/journal.ts";
import type { Clock } from "../plugin/surroundings.ts";

/**
 * The end of a command that must not be repeated becomes durable with the next beginning or with the report, which mostly follow at
 * once, and in so many milliseconds at the latest: until then a power cut makes its outcome unknown.
 */
const flushWithinMs = 20;

/** Makes what one batch has noted durable soon, if nothing else does. */
export class Flusher {
  readonly #clock: Clock;
  readonly #journal: Pick<Journal, "flush">;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, journal: Pick<Journal, "flush">) {
    this.#clock = clock;
    this.#journal = journal;
  }

  flushSoon(): void {
    this.#cancel ??= this.#clock.after(flushWithinMs, () => this.#flush());
  }

  /** What waits is made durable now, if nothing else has done it. */
  end(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#flush();
  }

  #flush(): void {
    this.#cancel = undefined;
    // A failure is made up for by the next append, which tells of it.
    this.#journal.flush().catch(() => undefined);
  }
}
