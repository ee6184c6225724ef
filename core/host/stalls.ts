import type { Clock, Log } from "../plugin/surroundings.ts";
import type { Pulse } from "../ports/pulse.ts";
import { type Culprit, followEntries } from "./blame.ts";

/** Milliseconds between two looks at the event loop. */
const lookMs = 500;
/** The event loop stood still when it did not turn for longer than this. Milliseconds. */
export const longestTurnMs = 1000;

/** One time that the event loop stood still. */
interface Stall {
  /** Whose code was the last to begin before it; absent when no plugin's did. */
  readonly plugin?: string;
  readonly ms: number;
  /** When it was over. */
  readonly at: string;
}

/** How often the event loop stood still since the start, as the heartbeat tells it. */
export interface StallFigures {
  readonly count: number;
  readonly longest_ms: number;
  readonly last?: Stall;
}

/** A plugin, and when its code was entered. */
interface Entry {
  readonly name: string;
  readonly at: number;
}

/** Notices when the event loop stands still, and knows whose code was entered last. */
export class Stalls {
  readonly #clock: Clock;
  readonly #log: Log;
  #entered: Entry | undefined;
  /** The one behind which nothing was entered for longest, since the last look. */
  #slowest: { readonly entry: Entry; readonly ms: number } | undefined;
  #lookedAt = 0;
  #figures: StallFigures = { count: 0, longest_ms: 0 };

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  get figures(): StallFigures {
    return this.#figures;
  }

  /**
   * Looks again and again, until the answer is called. `beat` is called at every look, `enter` whenever another plugin's code begins
   * to run. `mostMs` is for a beat that has to come sooner than the looks.
   */
  follow(pulse: Pulse, tell: { readonly beat?: () => void; readonly enter?: (name: string) => void; mostMs?: number }) {
    const everyMs = Math.min(lookMs, tell.mostMs ?? lookMs);
    this.#lookedAt = this.#clock.elapsed();
    const unfollow = followEntries(({ name }: Culprit) => {
      const now = this.#clock.elapsed();
      this.#leave(now);
      if (this.#entered?.name !== name) tell.enter?.(name);
      this.#entered = { name, at: now };
    });
    const cancel = pulse.every(everyMs, () => {
      tell.beat?.();
      const now = this.#clock.elapsed();
      this.#leave(now);
      // The look was due after `everyMs`; the loop may have stood still since any time before that.
      const lateMs = Math.round(now - this.#lookedAt - everyMs);
      if (lateMs > longestTurnMs) this.#note(lateMs, now);
      this.#lookedAt = now;
      this.#slowest = undefined;
    });
    return () => {
      cancel();
      unfollow();
    };
  }

  /** Others may be entered between the end of a stall and the next look. */
  #leave(now: number): void {
    const entry = this.#entered;
    if (entry === undefined) return;
    const ms = now - Math.max(entry.at, this.#lookedAt);
    if (ms > (this.#slowest?.ms ?? 0)) this.#slowest = { entry, ms };
  }

  #note(ms: number, now: number): void {
    const { count, longest_ms } = this.#figures;
    const at = new Date(this.#clock.now()).toISOString();
    const entered = this.#slowest?.entry;
    const plugin = entered === undefined ? {} : { plugin: entered.name };
    this.#figures = { count: count + 1, longest_ms: Math.max(longest_ms, ms), last: { ...plugin, ms, at } };
    const stood = `the event loop stood still for at least ${ms} ms`;
    if (entered === undefined) {
      this.#log.warn(`${stood}; no plugin was entered before`, { ms });
      return;
    }
    const beforeMs = Math.round(now - entered.at);
    this.#log.warn(`${stood}; plugin ${entered.name} was entered last before it, ${beforeMs} ms ago`, {
      ...plugin,
      ms,
      hint: "Nothing else runs meanwhile. Do long work in pieces, or in a process of its own (PROCESSES).",
    });
  }
}
