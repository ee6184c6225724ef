import type { EntryState } from "./state.ts";

/** Runs of one command at the most, over all restarts. */
export const mostAttempts = 3;

/** What is to be done with one entry of a batch. */
export type NextStep = "run" | "interrupted" | "nothing";

/**
 * A row for each prefix of an entry's records that a crash can leave (SPEC 3.4):
 *
 * | records | effect | next |
 * | --- | --- | --- |
 * | none | | run |
 * | begun | read, idempotent | run again, `mostAttempts` times at the most |
 * | begun | once | interrupted: nobody knows how far it came |
 * | ended | | nothing |
 */
export function nextStep(entry: EntryState | undefined): NextStep {
  if (entry === undefined || (entry.attempts === 0 && entry.result === undefined)) return "run";
  if (entry.result !== undefined) return "nothing";
  if (entry.effect === "once" || entry.attempts >= mostAttempts) return "interrupted";
  return "run";
}
