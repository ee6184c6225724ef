import type { Random } from "../plugin/surroundings.ts";

/** Milliseconds before try number `failures` + 1: exponential from `baseMs`, at most `capMs`, full jitter. */
export function backoffMs(failures: number, random: Random, baseMs: number, capMs: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.max(1, Math.round(random.float() * ceiling));
}
