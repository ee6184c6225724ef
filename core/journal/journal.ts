import { join } from "node:path";
import { RustiqError } from "../errors.ts";
import { type Files, isDiskFull } from "../ports/files.ts";
import { applyRecord } from "./apply.ts";
import { Fence } from "./fence.ts";
import { describeDamages } from "./look.ts";
import type { JournalRecord, KeptValues } from "./records.ts";
import { replayFolder } from "./replay.ts";
import type { Reserve } from "./reserve.ts";
import { encodeRecord } from "./segment.ts";
import type { DeviceState } from "./state.ts";
import { SegmentWriter } from "./writer.ts";

interface Waiting {
  readonly bytes: Uint8Array;
  readonly isDurable: boolean;
  /** Nobody waits for it: it is not worth the reserve. */
  readonly isNote: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What the journal is opened with. */
export interface JournalSurroundings {
  readonly files: Files;
  /** The journal's own folder. */
  readonly folder: string;
  readonly reserve: Reserve;
  /** Id of this boot, and the time of it (ISO 8601). */
  readonly boot: { readonly id: string; readonly at: string };
  /** Told of what no crash explains; the segment is kept aside under the name `damaged` for people to see. */
  readonly onDamage: (reason: Error) => void;
  /** Another process has become the owner: nothing more is written. */
  readonly onFenced?: (reason: Error) => void;
}

/**
 * The durable record of what was taken, begun, ended and reported. One writer; records are appended in the order of the calls and
 * `state` is what they add up to. Several durable appends that wait at once share one fsync.
 */
export class Journal {
  readonly state: DeviceState;
  readonly #writer: SegmentWriter;
  readonly #fence: Fence;
  readonly #reserve: Reserve;
  readonly #onFenced: (reason: Error) => void;
  /** What last changed each value that plugins keep, by owner and name. */
  readonly #changes = new Map<string, Map<string, KeptValues["values"]>>();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closed: Error | undefined;
  #fenced: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(state: DeviceState, writer: SegmentWriter, fence: Fence, surroundings: JournalSurroundings) {
    this.state = state;
    this.#writer = writer;
    this.#fence = fence;
    this.#reserve = surroundings.reserve;
    this.#onFenced = surroundings.onFenced ?? (() => undefined);
  }

  /**
   * Becomes the owner, reads what is there and begins a new segment with it, so that the tail of the old one is never written again.
   * Throws "state-owned" and "journal-newer".
   */
  static async open(surroundings: JournalSurroundings): Promise<Journal> {
    const { files, folder, reserve, boot, onDamage } = surroundings;
    await files.makeFolder(folder);
    const names = ((await files.list(folder)) ?? []).map(({ name }) => name);
    const fence = await reserve.spend(() => Fence.claim(files, folder, names));
    const found = await fence
      .guardStart(() => replayFolder(files, folder))
      .catch(async (thrown: unknown) => {
        await fence.withdraw();
        throw thrown;
      });
    const { state, n, damages } = found;
    const told = describeDamages(folder, found);
    for (const damage of told) onDamage(damage);
    applyRecord(state, { t: "boot", ...boot });
    if (told[0] !== undefined) applyRecord(state, { t: "damaged", at: boot.at, reason: told[0].message });
    const writer = new SegmentWriter(files, folder, fence, n + (told.length > 0 ? 2 : 1));
    await fence.guardStart(() => reserve.spend(() => writer.begin(state)));
    // Kept aside only now: until the state is safe in the new segment the next start must find the damage again.
    for (const { name } of damages.slice(0, 1)) {
      await files.rename(join(folder, name), join(folder, "damaged")).catch(() => undefined);
    }
    await writer.removeOlder().catch(() => undefined);
    return new Journal(state, writer, fence, surroundings);
  }

  /** The number of this owner: every start has a higher one. */
  get epoch(): number {
    return this.#fence.epoch;
  }

  /**
   * Takes records in. Resolves when they are written; with `durable`, when a power cut cannot take them back. A rejection takes
   * nothing back: `state` has them, and the next write that succeeds makes them durable too. Whoever appended takes them for
   * uncertain, and never makes up for them in memory alone: what is not to stand is taken back by a further record (`note`).
   */
  append(records: readonly JournalRecord[], options: { readonly durable: boolean }): Promise<void> {
    return this.#append(records, { isDurable: options.durable, isNote: false });
  }

  async #append(
    records: readonly JournalRecord[],
    kind: { readonly isDurable: boolean; readonly isNote: boolean },
  ): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    // Encoded first: a record that is no JSON must change nothing.
    const bytes = Buffer.concat(records.map((record, index) => encodeRecord(this.#writer.mark(record, index))));
    this.#writer.take(records.length);
    for (const record of records) {
      applyRecord(this.state, record);
      this.#noteChange(record);
    }
    await this.#enqueue(bytes, kind);
  }

  /**
   * Takes records in without waiting: for what does no harm when a crash takes it back, and for taking back what a rejected append
   * has left. A write of them that fails is made up for by the next one.
   */
  note(records: readonly JournalRecord[]): void {
    this.#append(records, { isDurable: false, isNote: true }).catch(() => undefined);
  }

  /** Whether nobody has changed the value since this change of it. */
  isLastChange({ owner, values }: KeptValues, name: string): boolean {
    return this.#changes.get(owner)?.get(name) === values;
  }

  #noteChange(record: JournalRecord): void {
    const kept = record.t === "changed" || record.t === "ended" ? record.kept : undefined;
    if (kept === undefined) return;
    const changes = this.#changes.get(kept.owner) ?? new Map<string, KeptValues["values"]>();
    this.#changes.set(kept.owner, changes);
    for (const [name] of kept.values) changes.set(name, kept.values);
  }

  /** Resolves when everything that `state` holds is durable: before that nothing of it may leave the device. */
  async flush(): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#waiting.length > 0 || this.#writing !== undefined || this.#writer.isDirty) {
      await this.#enqueue(new Uint8Array(), { isDurable: true, isNote: false });
    } else {
      await this.#checkOwner();
    }
  }

  /** Writes what waits and that the runtime was stopped; appends from then on are refused. */
  close(at: string): Promise<void> {
    this.#closing ??= this.#close(at);
    return this.#closing;
  }

  async #close(at: string): Promise<void> {
    const stopping = this.append([{ t: "stopped", at }], { durable: true }).catch(() => undefined);
    // From here on: a record behind the last one would be of a life whose death nobody counts.
    this.#closed ??= new Error("the journal is closed: the runtime has stopped");
    await stopping;
    await this.#writer.close();
  }

  #enqueue(bytes: Uint8Array, kind: { readonly isDurable: boolean; readonly isNote: boolean }): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ bytes, ...kind, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    // Calls of this very tick join the first write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch);
        for (const { resolve } of batch) resolve();
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    // In the same step as the last look at the list: what is appended after it begins a new round.
    this.#writing = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (this.#fenced !== undefined) throw this.#fenced;
    const { last } = this.#writer;
    const bytes = Buffer.concat(batch.map((waiting) => waiting.bytes));
    const isDurable = batch.some((waiting) => waiting.isDurable);
    for (let rest: Uint8Array = bytes, isWritten = false; !isWritten; rest = new Uint8Array()) {
      try {
        await this.#writer.write(rest, last, isDurable, this.state);
        isWritten = true;
      } catch (thrown) {
        // What another owner has taken away is no fault of the disk.
        await this.#checkOwner();
        const isWorthIt = isDiskFull(thrown) && batch.some(({ isNote }) => !isNote);
        if (!isWorthIt || !(await this.#reserve.release())) throw thrown;
      }
    }
    if (isDurable) await this.#checkOwner();
  }

  async #checkOwner(): Promise<void> {
    try {
      await this.#fence.check();
    } catch (thrown) {
      // A look at the disk that fails makes nobody else the owner.
      if (!(thrown instanceof RustiqError)) throw thrown;
      this.#fenced ??= thrown;
      this.#closed ??= thrown;
      this.#onFenced(thrown);
      throw thrown;
    }
  }
}
