import { type Json, type Outcome, z } from "rustiq/plugin";
import { schedulerFault } from "./errors.ts";

/** Characters of a run's result that are kept; 1,000 jobs must fit one report. */
const mostResult = 500;

const lastRun = z.object({
  at: z.iso.datetime().describe("when it began"),
  ended_at: z.iso.datetime().nullable().describe("null when the device stopped in the middle"),
  status: z.enum(["ok", "error", "interrupted"]),
  result: z.json().describe("the result or the message; text cut to 500 characters when longer"),
});
type LastRun = z.output<typeof lastRun>;

/** What commands say of a job. */
export const jobRecord = z.object({
  /** Of this wording of the job: one that replaces it has another. */
  id: z.string().default(""),
  service: z.string(),
  job: z.string(),
  expression: z.string(),
  /** Empty: runs once. */
  cron: z.string(),
  enabled: z.boolean(),
  /** For a job without cron: milliseconds since the epoch when its one run fell due. */
  due_once: z.number().nullable(),
});
export type JobRecord = z.output<typeof jobRecord>;

/** What the runs of a job say of it. */
export const runRecord = z.object({
  /** The `id` of the job without cron whose one run has begun, from just before that run on. */
  served: z.string().nullable(),
  last_run: lastRun.nullable(),
});
export type RunRecord = z.output<typeof runRecord>;

/** A job as the commands answer it. */
export const jobView = z.object({
  service: z.string(),
  job: z.string(),
  expression: z.string(),
  cron: z.string(),
  enabled: z.boolean(),
  next_execution_time: z.iso.datetime().nullable(),
  running: z.boolean(),
  last_run: lastRun.nullable(),
});
export type JobView = z.output<typeof jobView>;

/** The identity of a job, in memory and in the names of its state. */
export function keyOf(service: string, job: string): string {
  return `${service}/${encodeURIComponent(job)}`;
}

/** Throws "job-name-invalid" for a name that a job must not have. */
export function checkNames(service: string, job: string): void {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(service)) {
    throw schedulerFault("job-name-invalid", `${JSON.stringify(service.slice(0, 64))} is no service name`);
  }
  if (!/^[^\p{Cc}\p{Cs}]{1,128}$/u.test(job)) {
    throw schedulerFault("job-name-invalid", `${JSON.stringify(job.slice(0, 64))} is no job name`);
  }
}

/** What is kept of a run that ended. */
export function recordRun(begunAt: number, endedAt: number, outcome: Outcome): LastRun {
  const text = JSON.stringify(outcome.result);
  const result: Json = text.length > mostResult ? `${text.slice(0, mostResult)}…` : outcome.result;
  // Through JSON: the record must not change when the handler's own object does.
  return {
    at: isoOf(begunAt),
    ended_at: isoOf(endedAt),
    status: outcome.status,
    result: JSON.parse(JSON.stringify(result)),
  };
}

/** What is written before a run begins; it stays when the device stops in the middle. */
export function recordBegin(begunAt: number): LastRun {
  return { at: isoOf(begunAt), ended_at: null, status: "interrupted", result: "interrupted: outcome unknown" };
}

/** UTC, as in every answer. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
