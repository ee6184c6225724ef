import { type Call, type Calls, type Clock, type Log, type Outcome, reasonOf, type State } from "rustiq/plugin";
import { Alarm } from "./alarm.ts";
import type { CronReader, Recurrence } from "./cron.ts";
import { schedulerFault } from "./errors.ts";
import { isoOf, type JobRecord, type JobView, jobRecord, keyOf, recordBegin, recordRun } from "./job.ts";
import { Runs } from "./runs.ts";

/** A job whose beginning could not be recorded is tried again after this. */
const unrecordedWaitMs = 60_000;
/** A clock set back by less does not bring back due times that were served. */
const servedForMs = 60 * 60 * 1000;
const mostJobs = 1000;
const mostRunsAtOnce = 16;

interface Entry {
  record: JobRecord;
  readonly recurrence: Recurrence | undefined;
  /** Milliseconds since the epoch; undefined while nothing is due. */
  dueAt: number | undefined;
}

type Keep = Call["keep"];

interface ScheduleParts {
  readonly clock: Clock;
  readonly state: State;
  readonly calls: Calls;
  readonly log: Log;
  readonly cron: CronReader;
  /** Aborted when the service stops. */
  readonly signal: AbortSignal;
}

/**
 * The jobs and their one alarm. What is due is recorded as begun before it runs, so a crash leaves a job either still due
 * or begun, and what was begun is never run again. Due times that pass while the device is off, asleep or before its clock
 * is set are missed; ones that pass while the job's own run goes on are left out.
 */
export class Schedule {
  readonly #parts: ScheduleParts;
  readonly #entries = new Map<string, Entry>();
  readonly #runs = new Runs();
  readonly #alarm: Alarm;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.clock, () => this.#wake());
  }

  /** Takes up the jobs that earlier runs of the device left. */
  start(): void {
    const { state, clock, log, cron } = this.#parts;
    for (const [key, value] of state.entries()) {
      if (!key.startsWith("job/")) continue;
      const read = jobRecord.safeParse(value);
      if (!read.success) {
        log.error(`${key} in the state is no job; it is left alone`, { reason: read.error.message });
        continue;
      }
      let recurrence: Recurrence | undefined;
      try {
        recurrence = read.data.cron === "" ? undefined : cron.read(read.data.cron, clock.now());
      } catch (error) {
        log.error(`job ${read.data.service}/${read.data.job} will not run: ${reasonOf(error)}`);
      }
      this.#place(key, read.data, recurrence);
    }
    this.#alarm.set(this.#entries.size === 0 ? undefined : clock.now());
  }

  /** Cancels the alarm, aborts the runs that go on and waits for their ends. */
  async stop(): Promise<void> {
    this.#alarm.cancel();
    await this.#runs.stop(this.#parts.signal.reason);
  }

  /** What the next three change counts when `keep` has resolved: a job never runs whose command could still be undone. */
  put(job: Omit<JobRecord, "due_once" | "last_run">, keep: Keep): JobView & { created: boolean } {
    const { clock, cron } = this.#parts;
    const now = clock.now();
    const recurrence = job.cron === "" ? undefined : cron.read(job.cron, now);
    const key = keyOf(job.service, job.job);
    const before = this.#entries.get(key);
    if (before === undefined && this.#entries.size >= mostJobs) {
      throw schedulerFault(
        "job-limit",
        `there are ${mostJobs} jobs already; ${job.service}/${job.job} is one too many`,
      );
    }
    const record = { ...job, due_once: job.cron === "" ? now : null, last_run: before?.record.last_run ?? null };
    const entry = this.#keep(key, record, recurrence, keep);
    return { ...this.#view(key, entry), created: before === undefined };
  }

  remove(service: string, job: string, keep: Keep): boolean {
    const key = keyOf(service, job);
    void keep(key).then(() => {
      this.#entries.delete(key);
      this.#arm();
    });
    return this.#entries.has(key);
  }

  enable(service: string, job: string, enabled: boolean, keep: Keep): JobView {
    const [key, { record, recurrence }] = this.#find(service, job);
    return this.#view(key, this.#keep(key, { ...record, enabled }, recurrence, keep));
  }

  /** Runs a job now, enabled or not, beside what it is due for. Throws "job-running" while it runs. */
  async run(service: string, job: string, signal: AbortSignal): Promise<Outcome> {
    const [key, entry] = this.#find(service, job);
    if (this.#runs.has(key)) throw schedulerFault("job-running", `job ${service}/${job} is running`);
    return this.#begin(key, entry, entry.record, signal);
  }

  /** By service, then job. */
  views(): JobView[] {
    const nameOf = ({ service, job }: JobView) => `${service}/${job}`;
    const views = [...this.#entries].map(([key, entry]) => this.#view(key, entry));
    return views.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  }

  #find(service: string, job: string): [key: string, entry: Entry] {
    const key = keyOf(service, job);
    const entry = this.#entries.get(key);
    if (entry !== undefined) return [key, entry];
    throw schedulerFault("job-unknown", `there is no job ${JSON.stringify(job)} of service ${JSON.stringify(service)}`);
  }

  #place(key: string, record: JobRecord, recurrence: Recurrence | undefined): void {
    this.#entries.set(key, this.#entryOf(record, recurrence));
  }

  #entryOf(record: JobRecord, recurrence: Recurrence | undefined): Entry {
    const entry: Entry = { record, recurrence, dueAt: undefined };
    entry.dueAt = this.#nextDue(entry);
    return entry;
  }

  #keep(key: string, record: JobRecord, recurrence: Recurrence | undefined, keep: Keep): Entry {
    const entry = this.#entryOf(record, recurrence);
    void keep(key, record).then(() => {
      this.#entries.set(key, entry);
      this.#arm();
    });
    return entry;
  }

  #nextDue({ record, recurrence }: Entry): number | undefined {
    if (!record.enabled) return undefined;
    if (record.cron === "") return record.due_once ?? undefined;
    const now = this.#parts.clock.now();
    const served = record.last_run === null ? 0 : Date.parse(record.last_run.at);
    return recurrence?.next(served > now && served - now < servedForMs ? served : now);
  }

  #view(key: string, { record, dueAt }: Entry): JobView {
    const { service, job, expression, cron, enabled, last_run } = record;
    const next_execution_time = dueAt === undefined ? null : isoOf(dueAt);
    return { service, job, expression, cron, enabled, next_execution_time, running: this.#runs.has(key), last_run };
  }

  #arm(): void {
    this.#heedJump();
    let next: number | undefined;
    for (const [key, { record, dueAt }] of this.#entries) {
      const waits = record.cron === "" && this.#runs.has(key);
      if (!waits && dueAt !== undefined) next = Math.min(next ?? dueAt, dueAt);
    }
    // With as many runs as may be, the end of one arms again.
    const rests = this.#parts.signal.aborted || this.#runs.size >= mostRunsAtOnce;
    this.#alarm.set(rests ? undefined : next);
  }

  #heedJump(): void {
    const jumped = this.#alarm.takeJump();
    if (jumped === 0) return;
    this.#parts.log.warn("the clock was set; due times in between are missed", { jumped_ms: jumped });
    for (const entry of this.#entries.values()) entry.dueAt = this.#nextDue(entry);
  }

  #wake(): void {
    if (this.#parts.signal.aborted) return;
    this.#heedJump();
    const now = this.#parts.clock.now();
    for (const [key, entry] of this.#entries) {
      if (this.#runs.size >= mostRunsAtOnce) break;
      if (entry.dueAt !== undefined && entry.dueAt <= now) this.#fire(key, entry);
    }
    this.#arm();
  }

  #fire(key: string, entry: Entry): void {
    const { log } = this.#parts;
    const { service, job, cron } = entry.record;
    if (this.#runs.has(key)) {
      // A job that runs once waits for its earlier run; one that recurs has another chance.
      if (cron === "") return;
      entry.dueAt = this.#nextDue(entry);
      log.warn(`job ${service}/${job} is still running; this time is left out`);
      return;
    }
    this.#begin(key, entry, { ...entry.record, due_once: null }).catch((error: unknown) => {
      log.error(`job ${service}/${job} was not run: ${reasonOf(error)}`);
    });
  }

  #begin(key: string, entry: Entry, record: JobRecord, limit?: AbortSignal): Promise<Outcome> {
    const work = (signal: AbortSignal) => this.#record(key, entry, record, signal);
    return this.#runs.begin(key, work, () => this.#arm(), limit);
  }

  async #record(key: string, entry: Entry, record: JobRecord, signal: AbortSignal): Promise<Outcome> {
    const { clock, state, calls, log } = this.#parts;
    const begunAt = clock.now();
    const before = entry.record;
    entry.record = { ...record, last_run: recordBegin(begunAt) };
    entry.dueAt = this.#nextDue(entry);
    try {
      await state.put(key, entry.record);
    } catch (error) {
      entry.record = before;
      entry.dueAt = this.#nextDue(entry) === undefined ? undefined : begunAt + unrecordedWaitMs;
      throw error;
    }
    const outcome = await calls.run(record.expression, { owner: record.service, signal });
    if (outcome.status === "error") log.warn(`job ${record.service}/${record.job} failed`, { reason: outcome.result });
    // It may have been replaced or deleted meanwhile.
    const now = this.#entries.get(key);
    if (now !== undefined) {
      now.record = { ...now.record, last_run: recordRun(begunAt, clock.now(), outcome) };
      await state.put(key, now.record);
    }
    return outcome;
  }
}
