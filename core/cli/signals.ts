import type { Clock } from "../plugin/surroundings.ts";

/**
 * npm hands a Ctrl+C on to the process that has had it from the terminal already; two signals this close are one. Milliseconds.
 */
const sameKeyMs = 150;

const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Calls `stop` at the first SIGINT or SIGTERM; the second ends the process at once. The answer forgets about both. */
export function onStopSignal(clock: Clock, stop: () => void): () => void {
  let stoppedAt: number | undefined;
  const handle = (signal: "SIGINT" | "SIGTERM") => {
    if (stoppedAt === undefined) {
      stoppedAt = clock.elapsed();
      stop();
    } else if (clock.elapsed() - stoppedAt > sameKeyMs) {
      process.exit(codes[signal]);
    }
  };
  process.on("SIGINT", handle).on("SIGTERM", handle);
  return () => {
    process.off("SIGINT", handle).off("SIGTERM", handle);
  };
}
