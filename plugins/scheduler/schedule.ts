import {
  type Call,
  type Calls,
  type Clock,
  type Log,
  type Outcome,
  type Random,
  reasonOf,
  type State,
} from "rustiq/plugin";
import { Alarm } from "./alarm.ts";
import type { CronReader } from "./cron.ts";
import { schedulerFault } from "./errors.ts";
import { isoOf, type JobRecord, type JobView, keyOf, type RunRecord, recordBegin, recordRun } from "./job.ts";
import { JobRecords, noRun } from "./records.ts";
import { Runs } from "./runs.ts";
import { type Entry, Timetable } from "./timetable.ts";

/** A job whose beginning could not be recorded is tried again after this. */
const unrecordedWaitMs = 60_000;
const mostJobs = 1000;
const mostRunsAtOnce = 16;

type Keep = Call["keep"];

interface ScheduleParts {
  readonly clock: Clock;
  readonly random: Random;
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
  readonly #records: JobRecords;
  readonly #timetable: Timetable;
  readonly #runs = new Runs();
  readonly #alarm: Alarm;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#records = new JobRecords(parts.state, parts.log);
    this.#timetable = new Timetable(this.#records, parts);
    this.#alarm = new Alarm(parts.clock, () => this.#wake());
  }

  /** Takes up the jobs that earlier runs of the device left. */
  start(): void {
    for (const key of this.#records.keys()) this.#timetable.look(key);
    this.#alarm.set(this.#timetable.size === 0 ? undefined : this.#parts.clock.now());
  }

  /** Cancels the alarm, aborts the runs that go on and waits for their ends. */
  async stop(): Promise<void> {
    this.#alarm.cancel();
    await this.#runs.stop(this.#parts.signal.reason);
  }

  put(job: Omit<JobRecord, "id" | "due_once">, keep: Keep): JobView & { created: boolean } {
    const { clock, random, cron } = this.#parts;
    const now = clock.now();
    const recurrence = job.cron === "" ? undefined : cron.read(job.cron, now);
    const key = keyOf(job.service, job.job);
    const before = this.#records.read(key);
    if (before === undefined && this.#timetable.size >= mostJobs) {
      throw schedulerFault(
        "job-limit",
        `there are ${mostJobs} jobs already; ${job.service}/${job.job} is one too many`,
      );
    }
    const record = { ...job, id: random.hex(8), due_once: job.cron === "" ? now : null };
    this.#follow(key, this.#records.define(key, record, keep));
    const entry = this.#timetable.entryOf({ job: record, run: before?.run ?? noRun }, recurrence);
    return { ...this.#view(key, entry), created: before === undefined };
  }

  remove(service: string, job: string, keep: Keep): boolean {
    const key = keyOf(service, job);
    const isThere = this.#records.read(key) !== undefined;
    this.#follow(key, this.#records.forget(key, keep));
    return isThere;
  }

  enable(service: string, job: string, enabled: boolean, keep: Keep): JobView {
    const [key, { job: record, run, recurrence }] = this.#find(service, job);
    this.#follow(key, this.#records.enable(key, enabled, keep));
    return this.#view(key, this.#timetable.entryOf({ job: { ...record, enabled }, run }, recurrence));
  }

  /** Runs a job now, enabled or not, beside what it is due for. Throws "job-running" while it runs. */
  async run(service: string, job: string, signal: AbortSignal): Promise<Outcome> {
    const [key, entry] = this.#find(service, job);
    if (this.#runs.has(key)) throw schedulerFault("job-running", `job ${service}/${job} is running`);
    return this.#begin(key, entry, false, signal);
  }

  /** By service, then job. */
  views(): JobView[] {
    const nameOf = ({ service, job }: JobView) => `${service}/${job}`;
    const views = [...this.#timetable.entries()].map(([key, entry]) => this.#view(key, entry));
    return views.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  }

  #find(service: string, job: string): [key: string, entry: Entry] {
    const key = keyOf(service, job);
    const entry = this.#timetable.look(key);
    if (entry !== undefined) return [key, entry];
    throw schedulerFault("job-unknown", `there is no job ${JSON.stringify(job)} of service ${JSON.stringify(service)}`);
  }

  /** Until a command's change is durable the job goes on as it was, unless it begins meanwhile: its beginning comes after the change. */
  #follow(key: string, kept: Promise<unknown>): void {
    const since = this.#parts.clock.now();
    void kept.then(() => {
      this.#timetable.look(key, since);
      this.#arm();
    });
  }

  #view(key: string, { job: record, run, dueAt }: Entry): JobView {
    const { service, job, expression, cron, enabled } = record;
    const next_execution_time = dueAt === undefined ? null : isoOf(dueAt);
    const running = this.#runs.has(key);
    return { service, job, expression, cron, enabled, next_execution_time, running, last_run: run.last_run };
  }

  #arm(): void {
    this.#heedJump();
    let next: number | undefined;
    for (const [key, { job, dueAt }] of this.#timetable.entries()) {
      const waits = job.cron === "" && this.#runs.has(key);
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
    for (const [, entry] of this.#timetable.entries()) entry.dueAt = this.#timetable.nextDue(entry);
  }

  #wake(): void {
    if (this.#parts.signal.aborted) return;
    this.#heedJump();
    const now = this.#parts.clock.now();
    const isDue = (entry: Entry | undefined) => entry?.dueAt !== undefined && entry.dueAt <= now;
    for (const [key, known] of this.#timetable.entries()) {
      if (this.#runs.size >= mostRunsAtOnce) break;
      if (!isDue(known)) continue;
      // A command may have changed it whose end is still on its way to the disk.
      const entry = this.#timetable.look(key);
      if (entry !== undefined && isDue(entry)) this.#fire(key, entry);
    }
    this.#arm();
  }

  #fire(key: string, entry: Entry): void {
    const { log } = this.#parts;
    const { service, job, cron } = entry.job;
    if (this.#runs.has(key)) {
      // A job that runs once waits for its earlier run; one that recurs has another chance.
      if (cron === "") return;
      entry.dueAt = this.#timetable.nextDue(entry);
      log.warn(`job ${service}/${job} is still running; this time is left out`);
      return;
    }
    this.#begin(key, entry, true).catch((error: unknown) => {
      log.error(`job ${service}/${job} was not run: ${reasonOf(error)}`);
    });
  }

  #begin(key: string, entry: Entry, isDue: boolean, limit?: AbortSignal): Promise<Outcome> {
    const work = (signal: AbortSignal) => this.#perform(key, entry, isDue, signal);
    return this.#runs.begin(key, work, () => this.#arm(), limit);
  }

  async #perform(key: string, entry: Entry, isDue: boolean, signal: AbortSignal): Promise<Outcome> {
    const { clock, calls, log } = this.#parts;
    const { expression, service, job } = entry.job;
    const begunAt = clock.now();
    await this.#recordBegin(key, entry, isDue, begunAt);
    const outcome = await calls.run(expression, { owner: service, signal });
    const { status, result } = outcome;
    if (status === "error") log.warn(`job ${service}/${job} failed`, { reason: result });
    try {
      await this.#recordEnd(key, recordRun(begunAt, clock.now(), outcome));
    } catch (error) {
      log.error(`job ${service}/${job} was run, but what came of it is not recorded: ${reasonOf(error)}`, {
        status,
        result,
      });
    }
    return outcome;
  }

  async #recordBegin(key: string, entry: Entry, isDue: boolean, begunAt: number): Promise<void> {
    const served = isDue && entry.job.cron === "" ? entry.job.id : entry.run.served;
    entry.run = { served, last_run: recordBegin(begunAt) };
    entry.dueAt = this.#timetable.nextDue(entry);
    try {
      await this.#records.recordRun(key, entry.run);
    } catch (error) {
      // A rejection leaves the state as it was, or as somebody has changed it since.
      const left = this.#timetable.look(key);
      if (isDue && left?.dueAt !== undefined) left.dueAt = begunAt + unrecordedWaitMs;
      throw error;
    }
  }

  /** The job may have been replaced or deleted meanwhile: what its runs say goes with whatever it is now. */
  async #recordEnd(key: string, last_run: RunRecord["last_run"]): Promise<void> {
    const entry = this.#timetable.look(key);
    if (entry === undefined) return;
    entry.run = { ...entry.run, last_run };
    try {
      await this.#records.recordRun(key, entry.run);
    } catch (error) {
      this.#timetable.look(key);
      throw error;
    }
  }
}
