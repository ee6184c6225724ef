import type { Dice } from "./dice.ts";

/** Whose steps and timers these are: one running process, or the world around it. */
export interface Owner {
  readonly name: string;
}

/** An operation that waits to be done. */
interface Step {
  readonly owner: Owner;
  readonly what: string;
  /** Does it and answers. */
  readonly run: () => void;
  /** Does it, or part of it; nobody is left to be answered. */
  readonly strike: (dice: Dice) => void;
}

interface Timer {
  readonly owner: Owner;
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** How an operation is put in line. */
export interface Manner {
  /** Milliseconds before it can be done. */
  readonly delayMs?: number;
  /** What is left of it when its process dies first; the whole operation without it. */
  readonly strike?: (dice: Dice) => void;
}

/**
 * The order of everything: operations on disk, bucket and effects are done one by one in an order that the dice decide, and time
 * moves only from timer to timer. Promises settle between two steps by themselves.
 */
export class Scheduler {
  /** Milliseconds since the beginning of the world. */
  time = 0;
  /** Operations done. */
  steps = 0;
  /** Told of each step, for traces. */
  onStep: ((what: string, owner: Owner) => void) | undefined;
  #order = 0;
  #ready: Step[] = [];
  #timers = new Set<Timer>();
  readonly #frozen = new Map<Owner, { readonly steps: Step[]; readonly timers: Timer[] }>();
  readonly #gone = new WeakSet<Owner>();

  get isQuiet(): boolean {
    return this.#ready.length === 0;
  }

  /** Puts an operation in line. Its promise never settles once its owner is gone. */
  perform<T>(owner: Owner, what: string, work: () => T, manner: Manner = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (thrown) {
          reject(thrown);
        }
      };
      const step = { owner, what, run, strike: manner.strike ?? work };
      const { delayMs = 0 } = manner;
      if (delayMs > 0) this.after(owner, delayMs, () => this.#line(step));
      else this.#line(step);
    });
  }

  /** Runs once after `ms`, in whole milliseconds as real timers do; the answer cancels it. */
  after(owner: Owner, ms: number, run: () => void): () => void {
    if (this.#gone.has(owner)) return () => undefined;
    const timer = { owner, at: this.time + Math.max(0, Math.ceil(ms)), order: this.#order++, run };
    const frozen = this.#frozen.get(owner);
    if (frozen === undefined) this.#timers.add(timer);
    else frozen.timers.push(timer);
    return () => {
      this.#timers.delete(timer);
      const timers = this.#frozen.get(owner)?.timers;
      const at = timers?.indexOf(timer) ?? -1;
      if (at >= 0) timers?.splice(at, 1);
    };
  }

  /** Does one of the operations in line. */
  step(dice: Dice): void {
    const { length } = this.#ready;
    const index = length === 1 ? 0 : dice.below(length);
    const step = this.#ready[index];
    const last = this.#ready.pop();
    if (step === undefined || last === undefined) return;
    if (step !== last) this.#ready[index] = last;
    this.steps += 1;
    this.onStep?.(step.what, step.owner);
    step.run();
  }

  /** Moves time to the next timer and runs it. False when there is none before `end`. */
  advance(end = Number.POSITIVE_INFINITY): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    if (next === undefined || next.at > end) return false;
    this.#timers.delete(next);
    this.time = Math.max(this.time, next.at);
    next.run();
    return true;
  }

  /** The owner's process dies: what it has in line is struck or forgotten, its timers never fire. */
  kill(owner: Owner, dice: Dice): void {
    const steps = this.#take(owner).steps;
    const frozen = this.#frozen.get(owner);
    this.#frozen.delete(owner);
    this.#gone.add(owner);
    for (const { strike, what } of [...steps, ...(frozen?.steps ?? [])]) {
      if (!dice.chance(0.5)) continue;
      this.onStep?.(`struck: ${what}`, owner);
      try {
        strike(dice);
      } catch {
        // It failed, and nobody was told.
      }
    }
  }

  /** The owner's process stands still until it is thawed. */
  freeze(owner: Owner): void {
    this.#frozen.set(owner, this.#take(owner));
  }

  thaw(owner: Owner): void {
    const frozen = this.#frozen.get(owner);
    this.#frozen.delete(owner);
    this.#ready.push(...(frozen?.steps ?? []));
    for (const timer of frozen?.timers ?? []) this.#timers.add(timer);
  }

  #line(step: Step): void {
    if (this.#gone.has(step.owner)) return;
    (this.#frozen.get(step.owner)?.steps ?? this.#ready).push(step);
  }

  #take(owner: Owner): { steps: Step[]; timers: Timer[] } {
    const steps = this.#ready.filter((step) => step.owner === owner);
    this.#ready = this.#ready.filter((step) => step.owner !== owner);
    const timers = [...this.#timers].filter((timer) => timer.owner === owner);
    for (const timer of timers) this.#timers.delete(timer);
    return { steps, timers };
  }
}
