import type { Clock } from "rustiq/plugin";

/** Longest sleep: a clock that was set is noticed within it, and no timer is ever too long for the platform. */
const longestSleepMs = 60_000;

/** One timer towards a time of the wall clock, and the eye on that clock being set. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #cancel: () => void = () => undefined;
  #seen: { readonly now: number; readonly elapsed: number };

  /** `ring` may come early, after a minute at most; whoever is woken looks what is due and sets the alarm again. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
    this.#seen = { now: clock.now(), elapsed: clock.elapsed() };
  }

  /** Rings at `at`, milliseconds since the epoch; undefined sets no timer at all. */
  set(at: number | undefined): void {
    this.#cancel();
    if (at === undefined) return;
    const wait = Math.min(Math.max(at - this.#clock.now(), 0), longestSleepMs);
    this.#cancel = this.#clock.after(wait, this.#ring);
  }

  cancel(): void {
    this.#cancel();
  }

  /**
   * Milliseconds by which the wall clock left the passing of time since the last look, when somebody set it or the machine
   * slept: back by more than a second, or ahead by more than a minute. Else 0; a late timer is no jump.
   */
  takeJump(): number {
    const before = this.#seen;
    this.#seen = { now: this.#clock.now(), elapsed: this.#clock.elapsed() };
    const jumped = Math.round(this.#seen.now - before.now - (this.#seen.elapsed - before.elapsed));
    return jumped < -1000 || jumped > longestSleepMs ? jumped : 0;
  }
}
