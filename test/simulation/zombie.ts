import type { Incarnation } from "./incarnation.ts";
import type { World } from "./world.ts";

/**
 * A process that stands still while another one takes its state folder over, and then goes on: its lock was not seen, as from
 * another network namespace or another machine.
 */
export class Zombie {
  readonly #world: World;
  #process: Incarnation | undefined;
  /** The step at which it goes on. */
  #until = Number.POSITIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  freeze(process: Incarnation, steps: number): void {
    const { scheduler, ledger } = this.#world;
    this.end();
    scheduler.freeze(process);
    ledger.zombies.add(process);
    this.#process = process;
    this.#until = scheduler.steps + steps;
  }

  /** Lets it go on when its time has come, or at once when nothing else is left to do. False when there is nothing to thaw. */
  thaw(isAtOnce: boolean): boolean {
    const { scheduler } = this.#world;
    const isTime = isAtOnce || scheduler.steps >= this.#until;
    if (this.#process === undefined || this.#until === Number.POSITIVE_INFINITY || !isTime) return false;
    this.#world.tell(`${this.#process.name} goes on`);
    this.#until = Number.POSITIVE_INFINITY;
    scheduler.thaw(this.#process);
    return true;
  }

  end(): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    process.isGone = true;
    this.#world.scheduler.kill(process, this.#world.dice);
  }
}
