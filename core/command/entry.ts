import { fault, reasonOf } from "../errors.ts";
import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryResult, KeptValues } from "../journal/records.ts";
import { mayHaveRun, mostDeaths, nextStep } from "../journal/recover.ts";
import type { EntryState, OpenBatch } from "../journal/state.ts";
import type { Clock, Json, Outcome } from "../plugin/surroundings.ts";
import { isDiskFull } from "../ports/files.ts";
import { CLOCK, EVENTS, INVOKER, JOURNAL, RESULT_FILES } from "../tokens.ts";
import { Keeping, untilAborted } from "./consequences.ts";
import type { Flusher } from "./flusher.ts";
import type { Invoker, Prepared } from "./invoke.ts";
import { longestInline, type ResultFiles } from "./results.ts";

/** Bytes of all results of one batch at the most: its report holds them together. */
export const batchResultBytes = 16 * 1024 * 1024;

/** One entry of an open batch. */
export interface Entry {
  readonly service: string;
  readonly open: OpenBatch;
  readonly index: number;
  readonly command: string;
  /** Bytes that are left for its result. */
  readonly room: number;
  readonly flusher: Flusher;
}

/** How an entry came to its result. */
interface Ending {
  readonly attempts: number;
  readonly startedAt: string;
  /** `elapsed()` when this run began. */
  readonly since: number;
  /** When a power cut must not take the end back any more: as it is told, soon, or with whatever is written next. */
  readonly durable: "now" | "soon" | "later";
  readonly kept?: KeptValues | undefined;
}

/** Brings one entry of a batch to its one result, from wherever the journal says it stands. */
@injectable()
export class EntryRunner {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #invoker: Invoker;
  readonly #results: ResultFiles;

  constructor(
    @inject(JOURNAL) journal: Journal,
    @inject(CLOCK) clock: Clock,
    @inject(EVENTS) events: Events,
    @inject(INVOKER) invoker: Invoker,
    @inject(RESULT_FILES) results: ResultFiles,
  ) {
    this.#journal = journal;
    this.#clock = clock;
    this.#events = events;
    this.#invoker = invoker;
    this.#results = results;
  }

  /** The entry's result; undefined when the runtime stops first and the entry goes on at the next start. */
  async run(entry: Entry, cancel: AbortSignal): Promise<EntryResult | undefined> {
    const state = entry.open.entries.get(entry.index);
    const attempts = state?.attempts ?? 0;
    switch (nextStep(entry.open, state)) {
      case "nothing":
        return state?.result;
      case "interrupted":
        return this.#refuse(entry, fault("interrupted", {}), attempts);
      case "quarantined":
        return this.#refuse(entry, fault("quarantined", { deaths: mostDeaths }), attempts);
      case "judge":
      case "run":
        return this.#begin(entry, state, cancel);
    }
  }

  /** Ends an entry that is not run because an earlier one failed. */
  async skip(entry: Entry, failed: number): Promise<EntryResult> {
    const known = entry.open.entries.get(entry.index)?.result;
    return known ?? this.#refuse(entry, fault("command-skipped", { entry: failed + 1 }), 0);
  }

  async #refuse(entry: Entry, reason: Error, attempts: number): Promise<EntryResult> {
    const startedAt = entry.open.entries.get(entry.index)?.begunAt ?? this.#now();
    const outcome = await this.#invoker.settle(() => Promise.reject(reason));
    return this.#end(entry, outcome, { attempts, startedAt, since: this.#clock.elapsed(), durable: "later" });
  }

  async #begin(entry: Entry, state: EntryState | undefined, cancel: AbortSignal): Promise<EntryResult | undefined> {
    const [startedAt, since] = [this.#now(), this.#clock.elapsed()];
    // Taken before the next beginning is recorded, which changes them.
    const { attempts = 0, restarting } = state ?? {};
    let prepared: Prepared | undefined;
    const refused = await this.#invoker.settle(async () => {
      prepared = await this.#invoker.prepare(entry.command, entry.service);
      return null;
    });
    if (prepared === undefined) return this.#end(entry, refused, { attempts, startedAt, since, durable: "later" });
    const { effect } = prepared;
    if (attempts === 0 && mayHaveRun(entry.open, effect)) return this.#refuse(entry, fault("interrupted", {}), 0);
    const attempt = attempts + 1;
    await this.#record(entry, state, { attempt, effect, at: startedAt });
    const keeping = new Keeping();
    const outcome = await this.#perform(entry, prepared, { attempt, keeping, restarted: restarting, cancel });
    if (outcome === undefined) return undefined;
    // A handler may pass on the cancellation of something else; only the runtime's own leaves the entry for the next start.
    const isCancelled = cancel.aborted && outcome.error?.code === "command-cancelled";
    if (isCancelled && effect !== "once") return undefined;
    const kept = outcome.status === "ok" ? keeping.of(prepared.service) : undefined;
    const durable = kept !== undefined ? "now" : effect === "once" ? "soon" : "later";
    const ended = isCancelled ? await this.#invoker.settle(() => Promise.reject(fault("interrupted", {}))) : outcome;
    const result = await this.#end(entry, ended, { attempts: attempt, startedAt, since, durable, kept });
    if (kept !== undefined) keeping.complete();
    return result;
  }

  /** Nothing is run whose beginning is not in the journal. */
  async #record(
    { service, index }: Entry,
    before: EntryState | undefined,
    begun: { readonly attempt: number; readonly effect: Prepared["effect"]; readonly at: string },
  ): Promise<void> {
    const known = before === undefined ? undefined : { ...before };
    const { boot } = this.#journal.state;
    try {
      await this.#journal.append([{ t: "begun", service, entry: index, ...begun, boot }], {
        // Running a read again does no harm, so its beginning has to survive a kill, but no power cut.
        durable: begun.effect !== "read",
      });
    } catch (thrown) {
      this.#journal.note([{ t: "spared", service, entry: index, before: known }]);
      throw thrown;
    }
  }

  /** What the handler makes of it; undefined when it restarts the runtime, which its next run is to judge. */
  async #perform(
    entry: Entry,
    prepared: Prepared,
    run: {
      readonly attempt: number;
      readonly keeping: Keeping;
      readonly restarted: { readonly note: Json } | undefined;
      readonly cancel: AbortSignal;
    },
  ): Promise<Outcome | undefined> {
    const { service, open, index } = entry;
    const controller = new AbortController();
    const follow = () => controller.abort(run.cancel.reason);
    if (run.cancel.aborted) follow();
    else run.cancel.addEventListener("abort", follow, { once: true });
    let isRestarting = false;
    const restart = async (note: Json, signal: AbortSignal): Promise<never> => {
      await this.#journal.append([{ t: "restarting", service, entry: index, note }], { durable: true });
      isRestarting = true;
      this.#events.tell("restart", { service, batch: open.batch });
      controller.abort(new Error("the runtime restarts"));
      return untilAborted(signal);
    };
    try {
      const outcome = await this.#invoker.settle(async () => {
        const { signal } = controller;
        const { attempt, restarted, keeping } = run;
        const keep = keeping.put.bind(keeping);
        return checkRoom(prepared, await prepared.run({ signal, attempt, restarted, keep, restart }), entry.room);
      });
      return isRestarting ? undefined : outcome;
    } finally {
      run.cancel.removeEventListener("abort", follow);
    }
  }

  /** What counts is what the journal has: a result never changes once it is there. */
  async #end(entry: Entry, outcome: Outcome, ending: Ending): Promise<EntryResult> {
    const { service, open, index } = entry;
    const { kept, durable, attempts, startedAt, since } = ending;
    const times = { startedAt, durationMs: Math.round(this.#clock.elapsed() - since), attempts };
    const result: EntryResult = { ...(await this.#write(entry, outcome)), ...times };
    const ended = { t: "ended", service, entry: index, result, ...(kept === undefined ? {} : { kept }) } as const;
    if (durable === "now") await this.#journal.append([ended], { durable: true });
    else this.#journal.note([ended]);
    if (durable === "soon") entry.flusher.flushSoon();
    return open.entries.get(index)?.result ?? result;
  }

  /** The outcome as the journal holds it; where the disk does not take the result, an error says so in its place. */
  async #write(entry: Entry, outcome: Outcome): Promise<Omit<EntryResult, "startedAt" | "durationMs" | "attempts">> {
    const { service, open, index } = entry;
    const { status, error } = outcome;
    const text = JSON.stringify(outcome.result);
    const common = { status, ...(error ? { error } : {}) };
    const size = Buffer.byteLength(text);
    if (size <= longestInline) return { ...common, result: text };
    try {
      return { ...common, result: "", blob: await this.#results.keep(service, open.batch, index, text) };
    } catch (thrown) {
      const lost = isDiskFull(thrown)
        ? fault("disk-full", { reason: `no room for the result of ${size} bytes; the command itself was carried out` })
        : fault("result-lost", { reason: `its ${size} bytes: ${reasonOf(thrown)}` });
      return this.#write(entry, await this.#invoker.settle(() => Promise.reject(lost)));
    }
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** A result that still fits among those of its batch. */
function checkRoom({ service, command }: Prepared, result: Json, room: number): Json {
  const found = Buffer.byteLength(JSON.stringify(result));
  if (found <= room) return result;
  throw fault("results-too-large", { service, command, found, limit: batchResultBytes });
}
