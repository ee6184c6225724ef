/** Chance that a seed gives again. Which request draws which number still depends on when requests come. */
export interface Dice {
  /** 0 up to 1. */
  roll(): number;
  /** A whole number from 0 up to `count` - 1. */
  below(count: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function seededDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(roll() * count);
  const pick = <T>(choices: readonly T[]) => {
    const choice = choices[below(choices.length)];
    if (choice === undefined) throw new RangeError("nothing to choose from");
    return choice;
  };
  return { roll, below, pick };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
