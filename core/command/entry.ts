import { fault, reasonOf } from "../errors.ts";
import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryResult, KeptValues } from "../journal/records.ts";
import { mayHaveRun, mostDeaths, nextStep } from "../journal/recover.ts";
import type { Reserve } from "../journal/reserve.ts";
import type { EntryState, OpenBatch } from "../journal/state.ts";
import type { Effect } from "../plugin/contract.ts";
import type { Clock, Json, Outcome } from "../plugin/surroundings.ts";
import { isDiskFull } from "../ports/files.ts";
import { CLOCK, EVENTS, INVOKER, JOURNAL, RESERVE, RESULT_FILES } from "../tokens.ts";
import { type Attempt, type Entry, perform } from "./attempt.ts";
import type { Keeping } from "./consequences.ts";
import type { Invoker } from "./invoke.ts";
import type { Prepared } from "./prepared.ts";
import { longestInline, type ResultFiles } from "./results.ts";

/** Bytes of all results of one batch at the most: its report holds them together. */
export const batchResultBytes = 16 * 1024 * 1024;

/** How an entry came to its result. */
interface Ending {
  readonly attempts: number;
  readonly startedAt: string;
  /** `elapsed()` when this run began. */
  readonly since: number;
  /** What was run; absent when nothing was. */
  readonly effect?: Effect;
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
  readonly #reserve: Reserve;
  /** What an entry keeps, until its end is durable. */
  readonly #keepings = new WeakMap<EntryState, Keeping>();

  constructor(
    @inject(JOURNAL) journal: Journal,
    @inject(CLOCK) clock: Clock,
    @inject(EVENTS) events: Events,
    @inject(INVOKER) invoker: Invoker,
    @inject(RESULT_FILES) results: ResultFiles,
    @inject(RESERVE) reserve: Reserve,
  ) {
    this.#journal = journal;
    this.#clock = clock;
    this.#events = events;
    this.#invoker = invoker;
    this.#results = results;
    this.#reserve = reserve;
  }

  /** To be called when everything is durable: what entries keep whose end could not be written at once counts now. */
  complete({ entries }: OpenBatch): void {
    for (const state of entries.values()) if (state.result !== undefined) this.#keepings.get(state)?.complete();
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
    return this.#end(entry, await this.#fail(reason), { attempts, startedAt, since: this.#clock.elapsed() });
  }

  async #begin(entry: Entry, state: EntryState | undefined, cancel: AbortSignal): Promise<EntryResult | undefined> {
    const times = { startedAt: this.#now(), since: this.#clock.elapsed() };
    // Taken before the next beginning is recorded, which changes them.
    const { attempts = 0, restarting } = state ?? {};
    const prepared = await this.#prepare(entry);
    if ("status" in prepared) return this.#end(entry, prepared, { attempts, ...times });
    const { effect } = prepared;
    if (attempts === 0 && mayHaveRun(entry.open, effect)) return this.#refuse(entry, fault("interrupted", {}), 0);
    let attempt = attempts + 1;
    await this.#record(entry, state, { attempt, effect, at: times.startedAt });
    const again = async (next: number) => {
      await this.#record(entry, entry.open.entries.get(entry.index), { attempt: next, effect, at: this.#now() });
      attempt = next;
    };
    const parts = { journal: this.#journal, events: this.#events, invoker: this.#invoker };
    const done = await perform(parts, entry, prepared, { attempt, restarted: restarting, cancel, again });
    if (done === undefined) return undefined;
    // A handler may pass on the cancellation of something else; only the runtime's own leaves the entry for the next start.
    const isCancelled = cancel.aborted && done.outcome.error?.code === "command-cancelled";
    if (isCancelled && effect !== "once") return undefined;
    const outcome = isCancelled ? await this.#fail(fault("interrupted", {})) : done.outcome;
    return this.#conclude(entry, prepared, { ...done, outcome }, { attempts: attempt, ...times });
  }

  /** What is to be run, or why nothing can be. */
  async #prepare({ command, service }: Entry): Promise<Prepared | Outcome> {
    let prepared: Prepared | undefined;
    const refused = await this.#invoker.settle(async () => {
      prepared = await this.#invoker.prepare(command, service);
      return null;
    });
    return prepared ?? refused;
  }

  /** Ends an entry whose handler has run. */
  async #conclude(
    entry: Entry,
    prepared: Prepared,
    { outcome, keeping }: Attempt,
    times: { readonly attempts: number; readonly startedAt: string; readonly since: number },
  ): Promise<EntryResult> {
    const { effect } = prepared;
    const { kept } = keeping;
    const state = entry.open.entries.get(entry.index);
    if (kept !== undefined && state !== undefined) this.#keepings.set(state, keeping);
    // A result that its batch has no room for is an error, but the command was carried out: what it keeps counts.
    const told =
      outcome.status === "ok"
        ? await this.#invoker.settle(async () => checkRoom(prepared, outcome.result, entry.room))
        : outcome;
    const result = await this.#end(entry, told, { ...times, effect, kept });
    if (kept !== undefined) keeping.complete();
    return result;
  }

  #fail(reason: Error): Promise<Outcome> {
    return this.#invoker.settle(() => Promise.reject(reason));
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

  /** What counts is what the journal has: a result never changes once it is there. */
  async #end(entry: Entry, outcome: Outcome, ending: Ending): Promise<EntryResult> {
    const { service, open, index } = entry;
    const { kept, effect, attempts, startedAt, since } = ending;
    const times = { startedAt, durationMs: Math.round(this.#clock.elapsed() - since), attempts };
    const result: EntryResult = { ...(await this.#write(entry, outcome)), ...times };
    const ended = { t: "ended", service, entry: index, result, ...(kept === undefined ? {} : { kept }) } as const;
    // State that changed with it is told at once; that a command which must not be repeated has ended should not wait for long.
    if (kept !== undefined) await this.#journal.append([ended], { durable: true });
    else this.#journal.note([ended]);
    if (effect === "once") entry.flusher.flushSoon();
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
    const told = 2 * (batchResultBytes - entry.room) + 3 * size;
    // An error is short: it takes the place of a result that its report could never be written with.
    const lose = async (lost: Error) => this.#write(entry, await this.#fail(lost));
    const noRoom = () =>
      fault("disk-full", { reason: `no room for the result of ${size} bytes; the command itself was carried out` });
    if (!(await this.#reserve.hasRoom(told))) return lose(noRoom());
    try {
      return { ...common, result: "", blob: await this.#results.keep(service, open.batch, index, text) };
    } catch (thrown) {
      return lose(
        isDiskFull(thrown) ? noRoom() : fault("result-lost", { reason: `its ${size} bytes: ${reasonOf(thrown)}` }),
      );
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
