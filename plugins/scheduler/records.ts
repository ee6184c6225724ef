import { type Call, type Log, type State, z } from "rustiq/plugin";
import { type JobRecord, jobRecord, type RunRecord, runRecord } from "./job.ts";

type Keep = Call["keep"];

/** What is to be known of a job: how commands want it, and what its runs have done. */
export interface StoredJob {
  readonly job: JobRecord;
  readonly run: RunRecord;
}

/** What is said of the runs of a new job. */
export const noRun: RunRecord = { served: null, last_run: null };

const stored = z.object({
  job: jobRecord,
  enabled: z.boolean().optional(),
  run: runRecord.default(noRun),
});

/**
 * The jobs in the state. What a job is, the state says, and each name in it has one writer: commands define a job under `job/` and
 * let it run or wait under `switch/`, its runs record themselves under `run/`, which only goes with the job. So nobody writes back what he has read of the
 * other's, and nothing that was told as done is undone by a write that was under way at the same time.
 */
export class JobRecords {
  readonly #state: State;
  readonly #log: Log;

  constructor(state: State, log: Log) {
    this.#state = state;
    this.#log = log;
  }

  /** By their keys; also of what `read` cannot understand. */
  keys(): readonly string[] {
    return this.#state.entries().flatMap(([name]) => (name.startsWith("job/") ? [name.slice("job/".length)] : []));
  }

  /** Undefined when there is none, or none that can be understood. */
  read(key: string): StoredJob | undefined {
    const job = this.#state.get(`job/${key}`);
    if (job === undefined) return undefined;
    const parts = { job, enabled: this.#state.get(`switch/${key}`), run: this.#state.get(`run/${key}`) };
    const read = stored.safeParse(parts);
    if (read.success) {
      const { enabled = read.data.job.enabled, run } = read.data;
      return { job: { ...read.data.job, enabled }, run };
    }
    this.#log.error(`job/${key} in the state is no job; it is left alone`, { reason: read.error.message });
    return undefined;
  }

  /** Each of the next three resolves when the change is durable. */
  define(key: string, job: JobRecord, keep: Keep): Promise<unknown> {
    return Promise.all([keep(`job/${key}`, job), keep(`switch/${key}`)]);
  }

  enable(key: string, isEnabled: boolean, keep: Keep): Promise<void> {
    return keep(`switch/${key}`, isEnabled);
  }

  forget(key: string, keep: Keep): Promise<unknown> {
    return Promise.all([keep(`job/${key}`), keep(`switch/${key}`), keep(`run/${key}`)]);
  }

  /** Durable when it resolves, and with it everything that the state said of the job; after a rejection the run is as it was. */
  recordRun(key: string, run: RunRecord): Promise<void> {
    return this.#state.put(`run/${key}`, run);
  }
}
