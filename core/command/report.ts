import type { EntryFault, EntryResult } from "../journal/records.ts";

/** A report, member by member as SPEC 4 fixes them; what goes beyond the first three is additive. */
export interface Report {
  /** "error" when the batch as a whole could not be read or run. */
  readonly general_status: "ok" | "error";
  /** Why; empty for "ok". */
  readonly general_error: string;
  /** A line for each command, in the document's order. */
  readonly commands: readonly ReportEntry[];
  /** Who ran it. */
  readonly device_id: string;
  /** The service that the document was addressed to. */
  readonly service: string;
  /** The batch's id. */
  readonly batch: string;
  /** When the last command ended, ISO 8601 in UTC. */
  readonly finished_at: string;
  /** Why the batch could not be read or run, with its code. */
  readonly error?: EntryFault;
}

/** One command's line of a report. */
export interface ReportEntry {
  /** The expression, as it stands in the document; secrets are masked. */
  readonly command: string;
  /** JSON text, always. */
  readonly result: string;
  /** "error" when the command failed or was not run. */
  readonly status: "ok" | "error";
  /** The entry's own id, where it has one. */
  readonly id?: string;
  /** What went wrong; absent for "ok". */
  readonly error?: EntryFault;
  /** ISO 8601 in UTC. */
  readonly started_at: string;
  /** Milliseconds of the last run. */
  readonly duration_ms: number;
  /** How often it was begun; more than 1 after a crash. */
  readonly attempts: number;
}

/** One line of a report from what the journal holds of it. */
export function reportEntry(command: string, id: string | undefined, result: EntryResult): ReportEntry {
  return {
    command,
    result: result.result,
    status: result.status,
    ...(id === undefined ? {} : { id }),
    ...(result.error === undefined ? {} : { error: result.error }),
    started_at: result.startedAt,
    duration_ms: result.durationMs,
    attempts: result.attempts,
  };
}

/** The report of a batch: a pure function of the journal's records, so that making it again after a crash gives the same bytes. */
export function buildReport(parts: {
  readonly deviceId: string;
  readonly service: string;
  readonly batch: string;
  readonly receivedAt: string;
  readonly fault: EntryFault | undefined;
  readonly entries: readonly ReportEntry[];
}): Report {
  const ends = parts.entries.map((entry) => Date.parse(entry.started_at) + entry.duration_ms);
  const finished = Math.max(Date.parse(parts.receivedAt), ...ends);
  return {
    general_status: parts.fault === undefined ? "ok" : "error",
    general_error: parts.fault?.message ?? "",
    commands: parts.entries,
    device_id: parts.deviceId,
    service: parts.service,
    batch: parts.batch,
    finished_at: new Date(finished).toISOString(),
    ...(parts.fault === undefined ? {} : { error: parts.fault }),
  };
}

/** Where a service's reports lie in the store `status`. */
export const reportKeys = {
  last: (service: string) => `${service}/last_monitoring_status.json`,
  result: (service: string, batch: string) => `${service}/results/${batch}.json`,
};

/** Where a service's command document lies in the store `incoming`. */
export function documentKey(service: string): string {
  return `${service}/commands.json`;
}
