import { join } from "node:path";
import type { Configuration } from "../config/configuration.ts";
import { fault, RustiqError } from "../errors.ts";
import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryFault, EntryResult } from "../journal/records.ts";
import { nextStep } from "../journal/recover.ts";
import type { OpenBatch } from "../journal/state.ts";
import type { Clock, Json, Outcome } from "../plugin/surroundings.ts";
import { type Files, readWhole } from "../ports/files.ts";
import { CLOCK, CONFIGURATION, EVENTS, FILES, INVOKER, JOURNAL, OUTBOX } from "../tokens.ts";
import type { Outbox } from "../transfer/outbox.ts";
import { type CommandDocument, readDocument } from "./document.ts";
import { describeFault, type Invoker, type Prepared } from "./invoke.ts";
import { buildReport, type Report, type ReportEntry, reportEntry } from "./report.ts";

/** Bytes of all results of one batch at the most: journal and report hold them together. */
export const batchResultBytes = 16 * 1024 * 1024;

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

/** Runs a batch that is in the journal, from wherever it stands, to its report in the outbox. */
@injectable()
export class BatchRunner {
  readonly #configuration: Configuration;
  readonly #journal: Journal;
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #invoker: Invoker;
  readonly #outbox: Outbox;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(CLOCK) clock: Clock,
    @inject(EVENTS) events: Events,
    @inject(INVOKER) invoker: Invoker,
    @inject(OUTBOX) outbox: Outbox,
  ) {
    this.#configuration = configuration;
    this.#journal = journal;
    this.#files = files;
    this.#clock = clock;
    this.#events = events;
    this.#invoker = invoker;
    this.#outbox = outbox;
  }

  /**
   * `stop` keeps the next entry from beginning, `cancel` aborts the running one. Resolves to false when the batch is not finished:
   * it goes on at the next start.
   */
  async run(service: string, stop: AbortSignal, cancel: AbortSignal): Promise<boolean> {
    const open = this.#journal.state.services.get(service)?.open;
    if (open === undefined) return true;
    const document = await this.#read(open);
    if ("code" in document) {
      await this.#report(service, open, [], document);
      return true;
    }
    this.#events.tell("batch", { service, batch: open.batch, entries: document.entries.length });
    const entries: ReportEntry[] = [];
    let room = batchResultBytes;
    for (const [index, { command, id }] of document.entries.entries()) {
      if (stop.aborted && open.entries.get(index)?.result === undefined) return false;
      const failed = document.onError === "stop" ? entries.findIndex(({ status }) => status === "error") : -1;
      const result =
        failed < 0
          ? await this.#runEntry(service, open, index, command, cancel, room)
          : await this.#skip(service, open, index, failed);
      if (result === undefined) return false;
      const entry = reportEntry(command, id, result);
      entries.push(entry);
      room -= Buffer.byteLength(entry.result);
      this.#events.tell("command", { service, batch: open.batch, index, entry });
    }
    await this.#report(service, open, entries, undefined);
    return true;
  }

  /** The staged document, or why nothing of it may run. Throws what reading the file throws: the batch is then tried again. */
  async #read(open: OpenBatch): Promise<CommandDocument | EntryFault> {
    if (open.fault !== undefined) return open.fault;
    const file = open.file ?? "";
    const bytes = await readWhole(this.#files, join(stagingFolder(this.#configuration), file), judged.documentBytes);
    try {
      if (bytes === undefined) throw fault("document-lost", { file });
      const document = readDocument(bytes, judged);
      const isBegun = open.entries.size > 0;
      if (!isBegun && document.expires !== undefined && document.expires <= this.#clock.now()) {
        throw fault("document-expired", { expires: new Date(document.expires).toISOString() });
      }
      return document;
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) throw thrown;
      return describeFault(thrown);
    }
  }

  /** One entry to its one result; undefined when the runtime stops first and the entry may run again later. */
  async #runEntry(
    service: string,
    open: OpenBatch,
    index: number,
    command: string,
    cancel: AbortSignal,
    room: number,
  ): Promise<EntryResult | undefined> {
    const state = open.entries.get(index);
    const step = nextStep(state);
    if (step === "nothing") return state?.result;
    const attempts = state?.attempts ?? 0;
    const now = new Date(this.#clock.now()).toISOString();
    const startedAt = step === "interrupted" ? (state?.begunAt ?? now) : now;
    const begun = this.#clock.elapsed();
    const end = (outcome: Outcome, run: number, isDurable: boolean) =>
      this.#end(
        service,
        open,
        index,
        outcome,
        { startedAt, durationMs: Math.round(this.#clock.elapsed() - begun), attempts: run },
        isDurable,
      );
    const interrupt = () => this.#invoker.settle(() => Promise.reject(fault("interrupted", {})));
    if (step === "interrupted") return end(await interrupt(), attempts, true);
    let prepared: Prepared | undefined;
    const refused = await this.#invoker.settle(async () => {
      prepared = await this.#invoker.prepare(command, service);
      return null;
    });
    if (prepared === undefined) return end(refused, attempts, false);
    const { effect } = prepared;
    const attempt = attempts + 1;
    await this.#journal.append(
      [{ t: "begun", service, entry: index, attempt, effect, at: startedAt }],
      // Running a read again does no harm, so its beginning has to survive a kill, but no power cut.
      { durable: effect !== "read" },
    );
    const ready = prepared;
    const outcome = await this.#invoker.settle(async () =>
      checkRoom(ready, await ready.run({ signal: cancel, attempt }), room),
    );
    // A handler may pass on the cancellation of something else; only the runtime's own leaves the entry for the next start.
    const isCancelled = cancel.aborted && outcome.error?.code === "command-cancelled";
    if (isCancelled && effect !== "once") return undefined;
    return end(isCancelled ? await interrupt() : outcome, attempt, effect === "once");
  }

  async #skip(service: string, open: OpenBatch, index: number, failed: number): Promise<EntryResult> {
    const known = open.entries.get(index)?.result;
    if (known !== undefined) return known;
    const startedAt = new Date(this.#clock.now()).toISOString();
    const outcome = await this.#invoker.settle(() => Promise.reject(fault("command-skipped", { entry: failed + 1 })));
    return this.#end(service, open, index, outcome, { startedAt, durationMs: 0, attempts: 0 }, false);
  }

  /** What counts is what the journal has: a result never changes once it is there. */
  async #end(
    service: string,
    open: OpenBatch,
    entry: number,
    outcome: Outcome,
    times: Pick<EntryResult, "startedAt" | "durationMs" | "attempts">,
    isDurable: boolean,
  ): Promise<EntryResult> {
    const { status, error } = outcome;
    const result: EntryResult = {
      status,
      result: JSON.stringify(outcome.result),
      ...(error ? { error } : {}),
      ...times,
    };
    const ended = { t: "ended", service, entry, result } as const;
    if (isDurable) await this.#journal.append([ended], { durable: true });
    else this.#journal.note([ended]);
    return open.entries.get(entry)?.result ?? result;
  }

  async #report(
    service: string,
    open: OpenBatch,
    entries: readonly ReportEntry[],
    failed: EntryFault | undefined,
  ): Promise<void> {
    const { batch, receivedAt } = open;
    const { deviceId, incoming } = this.#configuration;
    const report: Report = buildReport({ deviceId, service, batch, receivedAt, fault: failed, entries });
    await this.#outbox.acceptReport(service, batch, report, incoming.after === "delete");
    if (open.file !== undefined) await this.#files.remove(join(stagingFolder(this.#configuration), open.file));
    this.#events.tell("report", { service, batch, report });
  }
}

/** A result that still fits among those of its batch. */
function checkRoom({ service, command }: Prepared, result: Json, room: number): Json {
  const found = Buffer.byteLength(JSON.stringify(result));
  if (found <= room) return result;
  throw fault("results-too-large", { service, command, found, limit: batchResultBytes });
}
