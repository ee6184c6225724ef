import { join } from "node:path";
import type { Configuration } from "../config/configuration.ts";
import { sha256Of } from "../digest.ts";
import { fault, RustiqError } from "../errors.ts";
import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryFault, EntryResult } from "../journal/records.ts";
import { mostDeaths } from "../journal/recover.ts";
import type { OpenBatch } from "../journal/state.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { type Files, hasErrno, readWhole } from "../ports/files.ts";
import {
  CLOCK,
  CLOCK_TRUST,
  CONFIGURATION,
  ENTRY_RUNNER,
  EVENTS,
  FILES,
  JOURNAL,
  OUTBOX,
  RESULT_FILES,
} from "../tokens.ts";
import type { Outbox } from "../transfer/outbox.ts";
import { describeFault } from "./describe-fault.ts";
import { type CommandDocument, readDocument } from "./document.ts";
import { batchResultBytes, type EntryRunner } from "./entry.ts";
import { Flusher } from "./flusher.ts";
import { buildReport, type Report, type ReportEntry, reportEntry } from "./report.ts";
import type { ResultFiles } from "./results.ts";
import type { ClockTrust } from "./trust.ts";

/** A document was judged when it was taken; a limit that was lowered since must not cost results that are there already. */
const judged = {
  documentBytes: Number.MAX_SAFE_INTEGER,
  documentEntries: Number.MAX_SAFE_INTEGER,
  expressionBytes: Number.MAX_SAFE_INTEGER,
};

/** Where documents lie from their download until their report is safe. */
export function stagingFolder(configuration: Configuration): string {
  return join(configuration.stateDir, "incoming");
}

/** Tries of one process to read a document before the disk is believed to have lost it; the waits between them grow. */
const mostReads = 10;

/** How far a batch came: to its report; to a stop, after which the next start goes on; or not before the clock is right. */
export type Progress = "done" | "stopped" | "waiting";

/** Runs a batch that is in the journal, from wherever it stands, to its report in the outbox. */
@injectable()
export class BatchRunner {
  readonly #configuration: Configuration;
  readonly #journal: Journal;
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #trust: ClockTrust;
  readonly #events: Events;
  readonly #entries: EntryRunner;
  readonly #results: ResultFiles;
  readonly #outbox: Outbox;
  /** Reports that were made, until they are durable. */
  readonly #reported = new Map<string, { readonly open: OpenBatch; readonly report: Report }>();
  /** How often in a row the document of a batch could not be read. */
  readonly #reads = new WeakMap<OpenBatch, number>();

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(CLOCK) clock: Clock,
    @inject(CLOCK_TRUST) trust: ClockTrust,
    @inject(EVENTS) events: Events,
    @inject(ENTRY_RUNNER) entries: EntryRunner,
    @inject(RESULT_FILES) results: ResultFiles,
    @inject(OUTBOX) outbox: Outbox,
  ) {
    this.#configuration = configuration;
    this.#journal = journal;
    this.#files = files;
    this.#clock = clock;
    this.#trust = trust;
    this.#events = events;
    this.#entries = entries;
    this.#results = results;
    this.#outbox = outbox;
  }

  /** `stop` keeps the next entry from beginning, `cancel` aborts the running one. A batch that is not finished stays open. */
  async run(service: string, stop: AbortSignal, cancel: AbortSignal): Promise<Progress> {
    const open = this.#journal.state.services.get(service)?.open;
    if (open === undefined && !this.#reported.has(service)) return "done";
    // A crash may take back what could not be made durable, and the sender may replace it before it is taken again: until then
    // nothing of it is told or run.
    await this.#journal.flush();
    if (open === undefined) return this.#finish(service);
    this.#entries.complete(open);
    const document = await this.#read(open);
    const isWaiting = document === "waiting";
    if (isWaiting !== open.isWaiting)
      await this.#journal.append([{ t: "waiting", service, isWaiting }], { durable: true });
    if (isWaiting) return "waiting";
    if ("code" in document) return this.#report(service, open, await this.#salvage(open, document), document);
    const flusher = new Flusher(this.#clock, this.#journal);
    try {
      return await this.#runEntries(service, open, document, { stop, cancel, flusher });
    } finally {
      flusher.end();
    }
  }

  async #runEntries(
    service: string,
    open: OpenBatch,
    document: CommandDocument,
    run: { readonly stop: AbortSignal; readonly cancel: AbortSignal; readonly flusher: Flusher },
  ): Promise<Progress> {
    const { batch } = open;
    const { stop, cancel, flusher } = run;
    this.#events.tell("batch", { service, batch, entries: document.entries.length });
    const entries: ReportEntry[] = [];
    let room = batchResultBytes;
    for (const [index, { command, id }] of document.entries.entries()) {
      if (stop.aborted && open.entries.get(index)?.result === undefined) return "stopped";
      const failed = document.onError === "stop" ? entries.findIndex(({ status }) => status === "error") : -1;
      const entry = { service, open, index, command, room, flusher };
      const result = failed < 0 ? await this.#entries.run(entry, cancel) : await this.#entries.skip(entry, failed);
      if (result === undefined) return "stopped";
      const told = reportEntry(command, id, await this.#complete(result));
      entries.push(told);
      room -= Buffer.byteLength(told.result);
      this.#events.tell("command", { service, batch, index, entry: told });
    }
    return this.#report(service, open, entries, quarantineOf(open, entries));
  }

  /**
   * The staged document, or why nothing of it may run; "waiting" while only a clock that cannot be believed says whether it has
   * expired. Throws what reading the file throws: the batch is then tried again.
   */
  async #read(open: OpenBatch): Promise<CommandDocument | EntryFault | "waiting"> {
    if (open.fault !== undefined) return open.fault;
    const file = open.file ?? "";
    const bytes = await this.#readFile(open, join(stagingFolder(this.#configuration), file));
    try {
      if (bytes === undefined || !isStaged(bytes, open)) throw fault("document-lost", { file });
      const document = readDocument(bytes, judged);
      if (open.entries.size > 0 || document.expires === undefined) return document;
      if (!this.#trust.isTrusted) return "waiting";
      if (document.expires > this.#clock.now()) return document;
      throw fault("document-expired", { expires: new Date(document.expires).toISOString() });
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) throw thrown;
      return describeFault(thrown);
    }
  }

  /** The file's bytes; undefined when there is none, or the disk has not given it `mostReads` times in a row. */
  async #readFile(open: OpenBatch, path: string): Promise<Uint8Array | undefined> {
    try {
      const bytes = await readWhole(this.#files, path, judged.documentBytes);
      this.#reads.delete(open);
      return bytes;
    } catch (thrown) {
      const reads = (this.#reads.get(open) ?? 0) + 1;
      this.#reads.set(open, reads);
      if (!hasErrno(thrown, "EIO") || reads < mostReads) throw thrown;
      return undefined;
    }
  }

  /** What is known of the entries of a document that was lost after some of them had begun; their texts are not. */
  async #salvage(open: OpenBatch, lost: EntryFault): Promise<readonly ReportEntry[]> {
    if (open.entries.size === 0) return [];
    const entries: ReportEntry[] = [];
    const count = Math.max(open.count ?? 0, ...[...open.entries.keys()].map((key) => key + 1));
    for (let index = 0; index < count; index++) {
      const { result, attempts = 0, begunAt } = open.entries.get(index) ?? {};
      const error = attempts > 0 ? describeFault(fault("interrupted", {})) : lost;
      const times = { startedAt: begunAt ?? open.receivedAt, durationMs: 0, attempts };
      const known = result ?? { status: "error", result: JSON.stringify(error.message), error, ...times };
      entries.push(reportEntry("", undefined, await this.#complete(known)));
    }
    return entries;
  }

  /** The result with its whole text, which may lie in a file. */
  async #complete(result: EntryResult): Promise<EntryResult> {
    const text = await this.#results.read(result);
    if (text !== undefined) return { ...result, result: text };
    const error = describeFault(fault("result-lost", { reason: `${result.blob?.file} is gone or was changed` }));
    return { ...result, status: "error", result: JSON.stringify(error.message), error };
  }

  async #report(
    service: string,
    open: OpenBatch,
    entries: readonly ReportEntry[],
    failed: EntryFault | undefined,
  ): Promise<Progress> {
    const { batch, receivedAt } = open;
    const { deviceId, incoming } = this.#configuration;
    const report = buildReport({ deviceId, service, batch, receivedAt, fault: failed, entries });
    this.#reported.set(service, { open, report });
    await this.#outbox.acceptReport(service, batch, report, incoming.after === "delete");
    return this.#finish(service);
  }

  /** Tells of a report that is durable, and removes what is left of its batch. */
  async #finish(service: string): Promise<Progress> {
    const done = this.#reported.get(service);
    if (done === undefined) return "done";
    this.#reported.delete(service);
    const { open, report } = done;
    // It costs only space, and the next start removes it.
    if (open.file !== undefined) await this.#files.remove(join(stagingFolder(this.#configuration), open.file));
    await this.#results.remove([...open.entries.values()].map(({ result }) => result));
    this.#events.tell("report", { service, batch: open.batch, report });
    return "done";
  }
}

/** Whether these are the bytes that were taken; journals of the first format do not know. */
function isStaged(bytes: Uint8Array, { sha256 }: OpenBatch): boolean {
  return sha256 === undefined || sha256Of(bytes) === sha256;
}

/** Why a batch as a whole was given up, which its entries tell. */
function quarantineOf({ deaths }: OpenBatch, entries: readonly ReportEntry[]): EntryFault | undefined {
  // A plugin may use the code too; how often the device died only the runtime knows.
  const isQuarantined = deaths >= mostDeaths && entries.some(({ error }) => error?.code === "quarantined");
  return isQuarantined ? describeFault(fault("quarantined", { deaths: mostDeaths })) : undefined;
}
