import type { Effect } from "../plugin/contract.ts";
import type { DeviceState, EntryState, OpenBatch } from "./state.ts";

/** Runs of one command at the most, over all restarts. */
export const mostAttempts = 3;
/** A batch during which the runtime has died this often is run no further. */
export const mostDeaths = 3;

/** What is to be done with one entry of an open batch. */
export type NextStep = "run" | "judge" | "interrupted" | "quarantined" | "nothing";

/**
 * A row for each place where a kill can fall, by what the journal has of the batch (SPEC 3.4). The rows hold however often recovery
 * itself is killed: each step ends with the record that leads to the next row.
 *
 * | last record | in the state folder | what a start does |
 * | --- | --- | --- |
 * | none | perhaps a staged file, or an unfinished download | removes it; the poll takes the document anew |
 * | received | the staged file | runs the first entry |
 * | begun, read or idempotent | | runs the entry again, `mostAttempts` times at the most |
 * | begun, once | perhaps a result file | the entry ends as interrupted: nobody knows how far it came |
 * | restarting | | calls the handler again with the note that it left; it judges the restart |
 * | ended | perhaps a result file | goes on with the next entry, after the last one with the report |
 * | ended of the last entry | perhaps the report's file in the outbox | writes the same report again: it is made of the records alone |
 * | reported | the report's file; perhaps the staged file and result files | removes those, uploads the report |
 * | uploaded | perhaps the report's file | removes it |
 *
 * Beside these rows: a batch during which the runtime died `mostDeaths` times is quarantined, which ends every entry without a
 * result; and where damage has taken records away, a `once` entry that is not known to have begun ends as interrupted too.
 */
export function nextStep(batch: Pick<OpenBatch, "deaths">, entry: EntryState | undefined): NextStep {
  if (entry?.result !== undefined) return "nothing";
  const isQuarantined = batch.deaths >= mostDeaths;
  if (entry === undefined || entry.attempts === 0) return isQuarantined ? "quarantined" : "run";
  if (entry.restarting !== undefined && entry.attempts < mostAttempts && !isQuarantined) return "judge";
  if (entry.effect === "once" || entry.attempts >= mostAttempts) return "interrupted";
  return isQuarantined ? "quarantined" : "run";
}

/** Whether an entry that is not known to have begun may have been: then what must not be repeated is not run. */
export function mayHaveRun(batch: Pick<OpenBatch, "isDoubtful">, effect: Effect): boolean {
  return batch.isDoubtful && effect === "once";
}

/** Names of the files that the journal still needs; whatever else lies in these folders was left by a crash. */
export function wantedFiles(state: DeviceState): {
  readonly staged: ReadonlySet<string>;
  readonly results: ReadonlySet<string>;
  readonly outbox: ReadonlySet<string>;
} {
  const open = [...state.services.values()].flatMap((service) => (service.open === undefined ? [] : [service.open]));
  const entries = open.flatMap((batch) => [...batch.entries.values()]);
  const named = (names: readonly (string | undefined)[]) => new Set(names.filter((name) => name !== undefined));
  return {
    staged: named(open.map(({ file }) => file)),
    results: named(entries.map(({ result }) => result?.blob?.file)),
    outbox: named([...state.outbox.values()].map(({ file }) => file)),
  };
}
