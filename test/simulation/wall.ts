import type { Jump, Plan } from "./plan.ts";
import type { Scheduler } from "./scheduler.ts";

/** The wall clock of the device, which others set. */
export class Wall {
  readonly #plan: Plan;
  readonly #scheduler: Scheduler;
  #jumps: readonly Jump[];
  /** Milliseconds that it was set by. */
  #offset = 0;

  constructor(plan: Plan, scheduler: Scheduler) {
    this.#plan = plan;
    this.#scheduler = scheduler;
    this.#jumps = plan.jumps;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return Math.floor(this.#plan.wall + this.#scheduler.time + this.#offset);
  }

  /** Sets it as planned; answers by how much. */
  jump(): number {
    const [next, ...later] = this.#jumps;
    if (next === undefined || this.#scheduler.steps < next.step) return 0;
    this.#jumps = later;
    this.#offset += next.ms;
    return next.ms;
  }

  /** Sets it right, for good. */
  correct(): void {
    this.#jumps = [];
    this.#offset = this.#plan.serverWall - this.#plan.wall;
  }
}
