import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { CLOCK, JOURNAL } from "../tokens.ts";

/** A clock may be set by so much without being doubted. Milliseconds. */
const toleratedMs = 60_000;
/** A clock that has run on evenly for so long is believed although a later time was seen before. Milliseconds. */
export const believedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Whether the clock can be believed: it never was later than it is now. A device without a battery wakes in 1970, and what depends
 * on the date waits until somebody has set it. Was the later time the wrong one, a day of even running outweighs it.
 */
@injectable()
export class ClockTrust {
  readonly #clock: Clock;
  readonly #journal: Journal;
  #behind: { readonly offset: number; readonly since: number } | undefined;

  constructor(@inject(CLOCK) clock: Clock, @inject(JOURNAL) journal: Journal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  get isTrusted(): boolean {
    const [now, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
    if (now >= this.#journal.state.clockFloor - toleratedMs) {
      this.#behind = undefined;
      return true;
    }
    const offset = now - elapsed;
    if (this.#behind === undefined || Math.abs(offset - this.#behind.offset) > toleratedMs) {
      this.#behind = { offset, since: elapsed };
    }
    if (elapsed - this.#behind.since < believedAfterMs) return false;
    this.#journal.note([{ t: "clock", at: new Date(now).toISOString(), lower: true }]);
    this.#behind = undefined;
    return true;
  }

  /** Remembers the present time across restarts. */
  note(): void {
    if (this.isTrusted) this.#journal.note([{ t: "clock", at: new Date(this.#clock.now()).toISOString() }]);
  }
}
