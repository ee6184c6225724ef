import { join } from "node:path";
import { fault } from "../errors.ts";
import { type Files, type OpenFile, readWhole, writeWhole } from "../ports/files.ts";
import type { JournalRecord } from "./records.ts";
import { encodeRecord, readSegment } from "./segment.ts";
import { isSegmentHead, journalFormat, snapshotOf, stateOf } from "./snapshot.ts";
import { applyRecord, type DeviceState, emptyState } from "./state.ts";

/** A segment that has grown past this is replaced by one that begins with the present state. */
export const compactAfterBytes = 4 * 1024 * 1024;
/** A start reads a segment whole; more than a snapshot of the largest state and the records after it is not believed. */
const largestSegment = 256 * 1024 * 1024;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly isDurable: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

function segmentName(number: number): string {
  return `${String(number).padStart(10, "0")}.journal`;
}

/**
 * The durable record of what was taken, begun, ended and reported. One writer; records are appended in the order of the calls and
 * `state` is what they add up to. Several durable appends that wait at once share one fsync.
 */
export class Journal {
  readonly state: DeviceState;
  readonly #files: Files;
  readonly #folder: string;
  #number: number;
  #file: OpenFile | undefined;
  #end = 0;
  #sinceSnapshot = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(files: Files, folder: string, number: number, state: DeviceState) {
    this.#files = files;
    this.#folder = folder;
    this.#number = number;
    this.state = state;
  }

  /**
   * Reads what is there and begins a new segment with it, so that the tail of the old one is never written again.
   * `onDamage` is told of a segment that no crash explains; the records before the damage count, and the segment is kept aside under
   * the name `damaged` for people to see.
   */
  static async open(files: Files, folder: string, onDamage: (reason: Error) => void): Promise<Journal> {
    await files.makeFolder(folder);
    const numbers = ((await files.list(folder)) ?? [])
      .map(({ name }) => /^(\d{10})\.journal$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number);
    let state: DeviceState | undefined;
    for (const number of numbers.toReversed()) {
      const file = join(folder, segmentName(number));
      const bytes = (await readWhole(files, file, largestSegment)) ?? new Uint8Array();
      const reading = readSegment(bytes);
      const [head, ...records] = reading.records;
      const keepAside = async (reason: string) => {
        onDamage(fault("journal-corrupt", { file, offset: reading.goodBytes, reason }));
        await writeWhole(files, join(folder, "damaged"), bytes);
      };
      if (!isSegmentHead(head)) {
        // A segment gets its name when its head is durable, so no crash leaves one without.
        await keepAside("its first record, which holds the state, cannot be read");
        continue;
      }
      if (head.format > journalFormat) {
        throw fault("journal-newer", { file, found: head.format, expected: journalFormat });
      }
      state = stateOf(head);
      for (const record of records) applyRecord(state, record as JournalRecord);
      if (reading.tail === "damaged") await keepAside("a record fails its checksum although others follow it");
      break;
    }
    const journal = new Journal(files, folder, Math.max(0, ...numbers), state ?? emptyState());
    await journal.#beginSegment();
    return journal;
  }

  /**
   * Takes records in. Resolves when they are written; with `durable`, when a power cut cannot take them back. After a rejection
   * `state` has them and the next append that succeeds writes them too: whoever appended must take them for uncertain.
   */
  async append(records: readonly JournalRecord[], options: { readonly durable: boolean }): Promise<void> {
    // The folder may have another owner by now.
    if (this.#isClosed) throw new Error("the journal is closed: the runtime has stopped");
    const bytes = Buffer.concat(records.map(encodeRecord));
    for (const record of records) applyRecord(this.state, record);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ bytes, isDurable: options.durable, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /**
   * Takes records in without waiting: for what does no harm when a crash takes it back. A write of them that fails is made up for by
   * the next one, which begins a new segment with the whole state.
   */
  note(records: readonly JournalRecord[]): void {
    this.append(records, { durable: false }).catch(() => undefined);
  }

  /** Writes what waits and closes the file; appends from then on are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.sync();
    } finally {
      await file?.close();
    }
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
    // After a failed write or fsync what the file holds is unknown; the next segment begins with the state, which has it all.
    if (this.#file === undefined || this.#sinceSnapshot > compactAfterBytes) return this.#beginSegment();
    const bytes = Buffer.concat(batch.map((waiting) => waiting.bytes));
    const file = this.#file;
    try {
      await file.write(this.#end, bytes);
      this.#end += bytes.byteLength;
      this.#sinceSnapshot += bytes.byteLength;
      if (batch.some((waiting) => waiting.isDurable)) await file.sync();
    } catch (thrown) {
      this.#file = undefined;
      await file.close().catch(() => undefined);
      throw thrown;
    }
  }

  /** A new segment with the present state, durable before the older ones go. */
  async #beginSegment(): Promise<void> {
    const number = this.#number + 1;
    const path = join(this.#folder, segmentName(number));
    const temporary = `${path}.part`;
    const bytes = encodeRecord(snapshotOf(this.state));
    await this.#files.remove(temporary);
    const file = await this.#files.open(temporary, "fresh");
    try {
      await file.write(0, bytes);
      await file.sync();
      await this.#files.rename(temporary, path);
      await this.#files.syncFolder(this.#folder);
    } catch (thrown) {
      await file.close().catch(() => undefined);
      throw thrown;
    }
    await this.#file?.close().catch(() => undefined);
    this.#file = file;
    this.#end = bytes.byteLength;
    this.#sinceSnapshot = 0;
    this.#number = number;
    // What is left over costs only space; the next segment tries again.
    await this.#removeOlder(number).catch(() => undefined);
  }

  async #removeOlder(number: number): Promise<void> {
    for (const { name } of (await this.#files.list(this.#folder)) ?? []) {
      const digits = /^(\d{10})\.journal(\.part)?$/.exec(name)?.[1];
      if (digits !== undefined && Number(digits) < number) await this.#files.remove(join(this.#folder, name));
    }
  }
}
