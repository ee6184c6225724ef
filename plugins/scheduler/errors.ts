import { RustiqError } from "rustiq/plugin";

/** The faults that only this service tells, a row each; messages say what was found, hints what to do. */
const cures = {
  "cron-invalid":
    "Write minute, hour, day of month, month and day of week ('*/5 * * * *'), seconds before them if wanted; empty runs once.",
  "cron-never": "Choose a day that the month has.",
  "job-name-invalid": "Give a service name and a job name of 1 to 128 printable characters.",
  "job-unknown": "`call_service('scheduler', 'get_jobs')` lists the jobs.",
  "job-limit": "Delete jobs that are no longer needed with delete_job(service, job).",
  "job-running": "Wait until it has ended; two runs of one job never overlap.",
} as const satisfies Record<string, string>;

/** Makes the fault `code` with its cure as the hint, or with a better one. */
export function schedulerFault(code: keyof typeof cures, message: string, hint: string = cures[code]): RustiqError {
  return new RustiqError(code, message, { hint });
}
