import type { EntryFault, EntryResult } from "../journal/records.ts";

/** A report, member by member as SPEC 4 fixes them; what goes beyond the first three is additive. */
export interface Report {
  readonly general_status: "ok" | "error";
  readonly general_error: string;
  readonly commands: readonly ReportEntry[];
  readonly device_id: string;
  readonly service: string;
  readonly batch: string;
  readonly finished_at: string;
  readonly error?: EntryFault;
}

export interface ReportEntry {
  readonly command: string;
  /** JSON text, always. */
  readonly result: string;
  readonly status: "ok" | "error";
  readonly id?: string;
  readonly error?: EntryFault;
  readonly started_at: string;
  readonly duration_ms: number;
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
