import type { Clock } from "../plugin/surroundings.ts";
import { nodeClock } from "../ports/clock.ts";
import { VirtualClock } from "./clock.ts";

/** Real milliseconds between two looks. */
const stepMs = 5;

/**
 * The work's outcome, at most `limitMs` of real time later. Meanwhile time passes on a clock that stands still otherwise, `rate` times
 * as fast: what waits for it goes on. Throws what `onLimit` answers.
 */
export async function driveClock<T>(
  work: Promise<T>,
  clock: Clock,
  options: { readonly limitMs: number; readonly rate: number; readonly onLimit: () => Error },
): Promise<T> {
  const real = nodeClock();
  const { signal } = new AbortController();
  const end = real.elapsed() + options.limitMs;
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  work.then(settle, settle);
  // What settles at once costs no wait.
  for (let turn = 0; turn < 3 && !isSettled; turn++) await real.sleep(0, signal);
  while (!isSettled) {
    if (real.elapsed() > end) throw options.onLimit();
    await real.sleep(stepMs, signal);
    if (clock instanceof VirtualClock && !isSettled) await clock.advance(stepMs * options.rate);
  }
  return work;
}
