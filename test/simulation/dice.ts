import type { Random } from "../../core/plugin/surroundings.ts";

/** Numbers from a seed (mulberry32): the same seed always gives the same ones. */
export class Dice implements Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.#state = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b) >>> 0;
    this.float();
  }

  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.float() * count);
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(share: number): boolean {
    return this.float() < share;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  hex(length: number): string {
    let text = "";
    while (text.length < length * 2) {
      text += Math.floor(this.float() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    }
    return text.slice(0, length * 2);
  }

  /** A stream of its own: what is drawn from it does not move this one. */
  split(): Dice {
    return new Dice(Math.floor(this.float() * 2 ** 32));
  }
}
