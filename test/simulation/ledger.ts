import type { Change } from "./bucket.ts";
import type { CommandName, PlannedDocument } from "./documents.ts";
import type { Plan } from "./plan.ts";
import { Promises } from "./promises.ts";
import { checkReport, mostDeaths, statusOf } from "./report-check.ts";
import type { Owner } from "./scheduler.ts";

/** One run of a handler. */
export interface Visit {
  /** Counts all runs of the world. */
  readonly number: number;
  /** Which run of this command it is, from 1. */
  readonly count: number;
  readonly mark: string;
  readonly service: string;
  /** Service, batch and entry, joined with `/`. */
  readonly place: string;
  isDone: boolean;
}

/** What was seen of one batch. */
export interface BatchLog {
  readonly service: string;
  readonly batch: string;
  /** Documents that were put under this name. */
  readonly documents: PlannedDocument[];
  /** The one of them that ran. */
  ran: PlannedDocument | undefined;
  readonly visits: Map<number, Visit[]>;
  /** The last entry that had an effect. */
  furthest: number;
  /** The device said that it has it, or has reported it. */
  isTaken: boolean;
  /** Processes that its commands have ended. */
  deaths: number;
  /** It said so before its report was written: its place among the others is known. */
  isHeard: boolean;
  /** `results/{batch}.json` as it was first written. */
  report: Uint8Array | undefined;
}

/** Runs of one command at the most (SPEC 3.4). */
const mostAttempts = 3;

/** Which rule of the model was broken, and how. */
export interface Violation {
  readonly check: string;
  readonly message: string;
}

/** What the world saw happen, and the rules that can be checked at once. The first rule that is broken is told. */
export class Ledger {
  readonly batches = new Map<string, BatchLog>();
  /** Batches of each service in the order in which they were taken; the last of them is the newest. */
  readonly taken = new Map<string, BatchLog[]>();
  readonly promises = new Promises();
  readonly #current = new WeakMap<Owner, Map<string, BatchLog>>();
  /** How many of the runs of one command were looks of a process that had lost its folder: no journal counts them. */
  readonly #strays = new WeakMap<readonly Visit[], number>();
  readonly #plan: Plan;
  /** Objects that were changed last by a request out of turn. */
  readonly #late = new Set<string>();
  #isLate = false;
  readonly #tell: (violation: Violation) => void;
  /** Processes that stood still while another one took over. */
  readonly zombies = new WeakSet<Owner>();
  #visits = 0;
  /** Ends of processes so far. */
  ends = 0;
  /** A power cut may take back that a `read` was begun. */
  hasCuts = false;

  constructor(plan: Plan, tell: (violation: Violation) => void) {
    this.#plan = plan;
    this.#tell = tell;
  }

  fail(check: string, message: string): void {
    this.#tell({ check, message });
  }

  /** An operator has put a document that makes this batch. */
  put(service: string, batch: string, document: PlannedDocument): void {
    this.#log(service, batch).documents.push(document);
  }

  find(service: string, batch: string): BatchLog | undefined {
    return this.batches.get(`${service}/${batch}`);
  }

  /** The device says that it runs a batch. */
  take(process: Owner, service: string, batch: string): void {
    const log = this.find(service, batch);
    if (log === undefined) {
      this.fail("unknown-batch", `${service}/${batch} was taken and never sent`);
      return;
    }
    const current = this.#current.get(process) ?? new Map<string, BatchLog>();
    this.#current.set(process, current.set(service, log));
    log.isHeard ||= log.report === undefined;
    this.#see(log);
  }

  /** A handler begins. */
  begin(process: Owner, service: string, mark: string, command: CommandName): Visit {
    const log = this.#current.get(process)?.get(service);
    const [number, entry] = mark.split(".").map(Number) as [number, number];
    const place = `${service}/${log?.batch}/${entry}`;
    const count = (log?.visits.get(entry)?.length ?? 0) + 1;
    const visit: Visit = { number: ++this.#visits, count, mark, service, place, isDone: false };
    const where = `${command}('${mark}') of ${service}/${log?.batch}`;
    const document = log?.documents.find((one) => one.number === number || one.again === number);
    if (log === undefined || document === undefined) {
      this.fail("foreign", `${where} ran, which is not in that batch`);
      return visit;
    }
    if (log.ran !== undefined && log.ran.number !== document.number) {
      this.fail("twice", `documents ${log.ran.number} and ${document.number} both ran as ${service}/${log.batch}`);
    }
    log.ran = document;
    const visits = log.visits.get(entry) ?? [];
    log.visits.set(entry, visits);
    visits.push(visit);
    // A process that stood still may not know yet that it has lost its folder; looking does no harm.
    if (command === "look" && this.zombies.has(process)) {
      this.#strays.set(visits, (this.#strays.get(visits) ?? 0) + 1);
      return visit;
    }
    if (command === "fire" && visits.length > 1) this.fail("double", `${where} ran ${visits.length} times`);
    const isCounted = command === "set" || (command === "look" && !this.hasCuts);
    const strays = this.#strays.get(visits) ?? 0;
    if (isCounted && visits.length - strays > mostAttempts)
      this.fail("attempts", `${where} ran ${visits.length} times`);
    if (entry < log.furthest) this.fail("order", `${where} ran after entry ${log.furthest}`);
    // That one only looked may be forgotten in a power cut, and with it that the entry before had ended.
    if (command !== "look") log.furthest = Math.max(log.furthest, entry);
    if (log.report !== undefined) this.fail("after-report", `${where} ran although its report was written`);
    return visit;
  }

  effect(visit: Visit): void {
    visit.isDone = true;
  }

  /** A handler is about to end its process. */
  die(process: Owner, { service, place }: Visit): void {
    const log = this.#current.get(process)?.get(service);
    // One that has lost its folder goes on.
    if (log === undefined || this.zombies.has(process)) return;
    log.deaths += 1;
    if (log.deaths > mostDeaths)
      this.fail("deaths", `${place} ends its process, the ${log.deaths}th that the batch ends`);
  }

  /** A handler is called again after the restart that it asked for. */
  resume(process: Owner, service: string, mark: string, command: CommandName, note: unknown): Visit {
    const log = this.#current.get(process)?.get(service);
    const visits = log?.visits.get(Number(mark.split(".")[1])) ?? [];
    const visit = visits.find(({ number }) => number === note);
    const isStray = command === "look" && this.zombies.has(process);
    if (visit?.isDone === true && (log?.report === undefined || isStray)) return visit;
    this.fail(
      "restart",
      `${mark} of ${service}/${log?.batch} was called after a restart with the note ${String(note)}`,
    );
    return { number: 0, count: 0, mark, service, place: "", isDone: false };
  }

  /** What a service finds of its state when it starts. */
  checkState(process: Owner, service: string, entries: readonly (readonly [string, unknown])[]): void {
    // It has read the state of before.
    if (this.zombies.has(process)) return;
    const isOk = (place: string) => {
      const [owner = "", batch = "", entry = ""] = place.split("/");
      const report = this.find(owner, batch)?.report;
      return report === undefined ? undefined : statusOf(report, Number(entry)) === "ok";
    };
    const problem = this.promises.findProblem(service, entries, isOk);
    if (problem !== undefined) this.fail("state", problem);
  }

  /** Does what a request asks for that its sender has given up, has sent before, or should no longer send. */
  landLate<T>(land: () => T): T {
    this.#isLate = true;
    try {
      return land();
    } finally {
      this.#isLate = false;
    }
  }

  /** Whether the object is as a request left it that came out of turn. */
  isOvertaken(bucket: string, key: string): boolean {
    return this.#late.has(`${bucket}/${key}`);
  }

  /** An object changed. */
  see({ bucket, key, before, after }: Change): void {
    const place = `${bucket}/${key}`;
    if (this.#isLate) this.#late.add(place);
    else this.#late.delete(place);
    const problem = bucket === "status" ? this.#findProblem(key, before?.bytes, after?.bytes) : undefined;
    if (problem !== undefined) this.fail(...problem);
  }

  /** What is wrong with a change of the store `status`. */
  #findProblem(
    key: string,
    before: Uint8Array | undefined,
    after: Uint8Array | undefined,
  ): readonly [check: string, message: string] | undefined {
    if (after !== undefined && !isJson(after)) return ["partial", `${key} holds no whole document`];
    const [service = "", folder, name = ""] = key.split("/");
    if (folder !== "results") return undefined;
    const log = this.find(service, name.replace(/\.json$/, ""));
    if (log === undefined) return ["unknown-batch", `${key} was written for a batch that nobody sent`];
    if (after === undefined) return ["report-changed", `${key} was removed`];
    if (before !== undefined && Buffer.compare(before, after) !== 0) {
      return ["report-changed", `${key} was\n  ${textOf(before)}\nand is\n  ${textOf(after)}`];
    }
    log.report ??= after;
    this.#see(log);
    const problem = checkReport(log, after, { ends: this.ends, plan: this.#plan });
    return problem === undefined ? undefined : ["report", `${key}: ${problem}\n  ${textOf(after)}`];
  }

  #log(service: string, batch: string): BatchLog {
    const known = this.find(service, batch);
    if (known !== undefined) return known;
    const visits = new Map<number, Visit[]>();
    const common = { service, batch, documents: [], ran: undefined, visits };
    const made: BatchLog = { ...common, furthest: 0, deaths: 0, isTaken: false, isHeard: false, report: undefined };
    this.batches.set(`${service}/${batch}`, made);
    return made;
  }

  #see(log: BatchLog): void {
    if (log.isTaken) return;
    log.isTaken = true;
    this.taken.set(log.service, [...(this.taken.get(log.service) ?? []), log]);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8").trimEnd();
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(textOf(bytes));
    return true;
  } catch {
    return false;
  }
}
