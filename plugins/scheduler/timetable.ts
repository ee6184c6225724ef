import { type Clock, type Log, reasonOf } from "rustiq/plugin";
import type { CronReader, Recurrence } from "./cron.ts";
import type { JobRecord, RunRecord } from "./job.ts";
import type { JobRecords, StoredJob } from "./records.ts";

/** A clock set back by less does not bring back due times that were served. */
const servedForMs = 60 * 60 * 1000;

/** A job in memory: what the state said of it at the last look, and when it is due. */
export interface Entry extends StoredJob {
  run: RunRecord;
  readonly recurrence: Recurrence | undefined;
  /** Milliseconds since the epoch; undefined while nothing is due. */
  dueAt: number | undefined;
}

/**
 * When each job is due. It only saves looks at the state, which says what a job is: whoever acts on one takes the look first. A
 * change that is not durable yet may be acted on, as whatever is recorded of that becomes durable after it.
 */
export class Timetable {
  readonly #records: JobRecords;
  readonly #clock: Clock;
  readonly #cron: CronReader;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();

  constructor(records: JobRecords, parts: { readonly clock: Clock; readonly cron: CronReader; readonly log: Log }) {
    this.#records = records;
    this.#clock = parts.clock;
    this.#cron = parts.cron;
    this.#log = parts.log;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** By their keys. */
  entries(): Iterable<[string, Entry]> {
    return this.#entries;
  }

  /**
   * Takes the job into memory as the state says it, or out of it. Its due time stays while what it follows from does; else it is the
   * first one after `since`, milliseconds since the epoch.
   */
  look(key: string, since?: number): Entry | undefined {
    const found = this.#records.read(key);
    const known = this.#entries.get(key);
    if (found === undefined) {
      this.#entries.delete(key);
      return undefined;
    }
    const recurrence = known?.job.cron === found.job.cron ? known.recurrence : this.#readCron(found.job);
    const entry = this.entryOf(found, recurrence, since);
    if (known !== undefined && isSameTurn(known, found)) entry.dueAt = known.dueAt;
    this.#entries.set(key, entry);
    return entry;
  }

  /** A job as it would stand here. */
  entryOf(found: StoredJob, recurrence: Recurrence | undefined, since?: number): Entry {
    const entry: Entry = { ...found, recurrence, dueAt: undefined };
    entry.dueAt = this.nextDue(entry, since);
    return entry;
  }

  nextDue({ job, run, recurrence }: Entry, since = this.#clock.now()): number | undefined {
    if (!job.enabled) return undefined;
    if (job.cron === "")
      return run.served === job.id || job.due_once === null ? undefined : Math.min(job.due_once, since);
    const served = run.last_run === null ? 0 : Date.parse(run.last_run.at);
    return recurrence?.next(served > since && served - since < servedForMs ? served : since);
  }

  #readCron({ service, job, cron }: JobRecord): Recurrence | undefined {
    try {
      return cron === "" ? undefined : this.#cron.read(cron, this.#clock.now());
    } catch (error) {
      this.#log.error(`job ${service}/${job} will not run: ${reasonOf(error)}`);
      return undefined;
    }
  }
}

/** Whether what the due time follows from is the same: all but the expression. */
function isSameTurn(one: StoredJob, other: StoredJob): boolean {
  if (one.job.cron !== other.job.cron || one.job.enabled !== other.job.enabled) return false;
  return one.job.cron !== "" || (one.job.id === other.job.id && one.run.served === other.run.served);
}
