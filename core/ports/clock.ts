import { performance } from "node:perf_hooks";
import { settleOrAbort } from "../plugin/abort.ts";
import type { Clock } from "../plugin/surroundings.ts";

export { settleOrAbort };

/** setTimeout takes 32-bit milliseconds; a longer wait is cut into pieces of this size. */
const longestTimer = 2 ** 31 - 1;

/** The computer's own time. */
export function nodeClock(): Clock {
  const after = (ms: number, run: () => void): (() => void) => {
    let timer: NodeJS.Timeout;
    const arm = (left: number) => {
      timer = setTimeout(() => (left > longestTimer ? arm(left - longestTimer) : run()), Math.min(left, longestTimer));
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  };
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const giveUp = () => {
          cancel();
          reject(signal.reason);
        };
        const cancel = after(ms, () => {
          signal.removeEventListener("abort", giveUp);
          resolve();
        });
        signal.addEventListener("abort", giveUp, { once: true });
      }),
  };
}

/**
 * Runs `work` with a signal that aborts after `ms` or with `outer`. Not `AbortSignal.timeout`: its timer does not keep the
 * process alive, so a hung wait would end the process before its limit.
 */
export async function withinLimit<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal | undefined,
  onLimit: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // What was called off before it began is not begun: a handler might act before it looks at its signal.
  if (outer?.aborted) throw outer.reason;
  const controller = new AbortController();
  const cancel = clock.after(ms, () => controller.abort(onLimit()));
  const follow = () => controller.abort(outer?.reason);
  outer?.addEventListener("abort", follow, { once: true });
  try {
    return await settleOrAbort(work(controller.signal), controller.signal);
  } finally {
    cancel();
    outer?.removeEventListener("abort", follow);
  }
}
