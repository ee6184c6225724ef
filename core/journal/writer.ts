import { join } from "node:path";
import { type Files, isDiskFull, type OpenFile } from "../ports/files.ts";
import type { Fence } from "./fence.ts";
import type { JournalRecord } from "./records.ts";
import { segmentName, segmentsAmong } from "./replay.ts";
import { encodeRecord } from "./segment.ts";
import { snapshotOf } from "./snapshot.ts";
import type { DeviceState } from "./state.ts";

/** A segment that has grown past this is replaced by one that begins with the present state. */
export const compactAfterBytes = 4 * 1024 * 1024;
/** After a compaction that failed the segment grows by this much before the next try. */
const compactAgainBytes = 1024 * 1024;
/** Bytes that a full disk did not take, at the most; with more of them a new segment with the whole state is shorter. */
const mostOwedBytes = 1024 * 1024;

/** Writes the segments of one owner: numbers records, replaces a segment that has grown or whose file cannot be trusted any more. */
export class SegmentWriter {
  readonly #files: Files;
  readonly #folder: string;
  readonly #fence: Fence;
  #number = 0;
  #file: OpenFile | undefined;
  #end = 0;
  #compactAt = compactAfterBytes;
  /** Number of the last record that was taken in, and of the last one that is durable. */
  #n: number;
  #synced = 0;
  /** The number that the last record was marked with. */
  #marked = 0;
  #isDirty = false;
  /** What the disk had no room for; it goes first. */
  #owed: Uint8Array = new Uint8Array();

  constructor(files: Files, folder: string, fence: Fence, n: number) {
    this.#files = files;
    this.#folder = folder;
    this.#fence = fence;
    this.#n = n;
  }

  /** Number of the last record that was taken in. */
  get last(): number {
    return this.#n;
  }

  /** Something was taken in that a power cut would take back. */
  get isDirty(): boolean {
    return this.#isDirty || this.#file === undefined || this.#owed.byteLength > 0;
  }

  /** The record with its number; `s` says up to where everything was durable, whenever that has changed. */
  mark(record: JournalRecord, index: number): object {
    const n = this.#n + 1 + index;
    return index === 0 && this.#synced > this.#marked ? { n, s: this.#synced, ...record } : { n, ...record };
  }

  /** `count` marked records are going to be written. */
  take(count: number): void {
    if (count === 0) return;
    this.#n += count;
    this.#marked = this.#synced;
    this.#isDirty = true;
  }

  /**
   * Appends bytes of marked records, up to number `last`; durable when asked for. `state` is what all records taken in add up to,
   * which may be more by now.
   */
  async write(bytes: Uint8Array, last: number, isDurable: boolean, state: DeviceState): Promise<void> {
    if (this.#file === undefined || this.#end > this.#compactAt) {
      const hadFile = this.#file !== undefined;
      try {
        // After a failed fsync what the file holds is unknown; the next segment begins with the state, which has it all.
        await this.begin(state);
        return await this.removeOlder().catch(() => undefined);
      } catch (thrown) {
        // A segment that has only grown can mostly still be written: a compaction that fails loses nothing.
        if (this.#file === undefined) return this.#beginAgain(state, hadFile, thrown);
        this.#compactAt = this.#end + compactAgainBytes;
      }
    }
    await this.#append(this.#file, bytes);
    if (!isDurable) return;
    try {
      await this.#file?.sync();
    } catch (thrown) {
      await this.#drop();
      throw thrown;
    }
    this.#synced = last;
    if (this.#n === last) this.#isDirty = false;
  }

  /** A segment that was given up for a new one is not worth the append: the next number may do. */
  async #beginAgain(state: DeviceState, hadFile: boolean, thrown: unknown): Promise<void> {
    if (!hadFile) throw thrown;
    await this.begin(state);
  }

  /** A new segment with the present state, durable when it resolves; the one before is kept as long as this one is the newest. */
  async begin(state: DeviceState): Promise<void> {
    const number = this.#number + 1;
    const path = join(this.#folder, segmentName(this.#fence.epoch, number));
    const temporary = `${path}.part`;
    const last = this.#n;
    const bytes = encodeRecord(snapshotOf(state, last));
    const file = await this.#writeTemporary(temporary, bytes);
    // Never used again, whatever becomes of it.
    this.#number = number;
    try {
      await this.#files.rename(temporary, path);
      await this.#files.syncFolder(this.#folder);
    } catch (thrown) {
      // It may have its name, durably or not: the next start would read it in the place of what is written to the one before.
      await this.#drop();
      await file.close().catch(() => undefined);
      throw thrown;
    }
    await this.#file?.close().catch(() => undefined);
    this.#file = file;
    this.#end = bytes.byteLength;
    this.#compactAt = this.#end + compactAfterBytes;
    this.#synced = last;
    this.#owed = new Uint8Array();
    if (this.#n === last) this.#isDirty = false;
  }

  /** Removes what is older than the newest segment and the one before it, which stands in when the newest one's head is damaged. */
  async removeOlder(): Promise<void> {
    const names = ((await this.#files.list(this.#folder)) ?? []).map(({ name }) => name);
    const own = segmentsAmong(names).filter(({ epoch }) => epoch <= this.#fence.epoch);
    const unfinished = names.filter((name) => name.endsWith(".journal.part"));
    for (const { name } of own.slice(0, -2)) await this.#files.remove(join(this.#folder, name));
    for (const name of unfinished) {
      const [segment] = segmentsAmong([name.slice(0, -".part".length)]);
      if (segment !== undefined && segment.epoch <= this.#fence.epoch)
        await this.#files.remove(join(this.#folder, name));
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Durable bytes under a name that no start reads; nothing is left of what fails. */
  async #writeTemporary(path: string, bytes: Uint8Array): Promise<OpenFile> {
    await this.#files.remove(path);
    let file: OpenFile | undefined;
    try {
      file = await this.#files.open(path, "fresh");
      await file.write(0, bytes);
      await file.sync();
      return file;
    } catch (thrown) {
      await file?.close().catch(() => undefined);
      await this.#files.remove(path).catch(() => undefined);
      throw thrown;
    }
  }

  async #append(file: OpenFile, bytes: Uint8Array): Promise<void> {
    const all = this.#owed.byteLength === 0 ? bytes : Buffer.concat([this.#owed, bytes]);
    if (all.byteLength === 0) return;
    try {
      await file.write(this.#end, all);
    } catch (thrown) {
      // A write that found no room may be repeated at its place, and a full disk may have none for another segment.
      if (isDiskFull(thrown) && all.byteLength <= mostOwedBytes) this.#owed = all;
      else await this.#drop();
      throw thrown;
    }
    this.#end += all.byteLength;
    this.#owed = new Uint8Array();
  }

  async #drop(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }
}
