import { join } from "node:path";
import { crc32 } from "node:zlib";
import { sha256Of } from "../../digest.ts";
import type { Attributes, Files, OpenFile } from "../../ports/files.ts";
import { blockBytesOf, NoteWriter, readNotes, type Version } from "./notes.ts";

/** Bytes that are read at once to check what is there. */
const readBytes = 1024 * 1024;

/** One for many reads: bytes that are left to the collector would come to tens of megabytes before it looks. */
export function makeReadBuffer(): Uint8Array {
  return Buffer.allocUnsafe(readBytes);
}

const partEnding = ".part";
const notesEnding = ".notes";

/** Where an unfinished download of this object lies in the folder of its target. */
export interface PartPlace {
  readonly part: string;
  readonly notes: string;
}

/** The same for each try of the same download, which so finds what the one before has left. */
export function placePart(folder: string, name: string, store: string, key: string): PartPlace {
  const id = sha256Of(Buffer.from([name, store, key].join("\0"))).slice(0, 32);
  return { part: join(folder, `.rustiq-${id}${partEnding}`), notes: join(folder, `.rustiq-${id}${notesEnding}`) };
}

/** The unfinished downloads among the names of a folder: those with notes, and what else has been left of some. */
export function unfinishedAmong(names: readonly string[]): {
  readonly resumable: readonly { readonly part: string; readonly notes: string }[];
  readonly useless: readonly string[];
} {
  const all = new Set(names);
  const isPart = (name: string) => name.startsWith(".") && name.endsWith(partEnding);
  const isNotes = (name: string) => name.startsWith(".rustiq-") && name.endsWith(notesEnding);
  const notesOf = (part: string) => `${part.slice(0, -partEnding.length)}${notesEnding}`;
  const resumable = names
    .filter((name) => isPart(name) && all.has(notesOf(name)))
    .map((part) => ({ part, notes: notesOf(part) }));
  const kept = new Set(resumable.flatMap(({ part, notes }) => [part, notes]));
  return { resumable, useless: names.filter((name) => (isPart(name) || isNotes(name)) && !kept.has(name)) };
}

/** A file that is being fetched, in blocks, with notes of those that are there. */
export class PartFile {
  readonly version: Version;
  readonly blockBytes: number;
  readonly count: number;
  readonly #files: Files;
  readonly #place: PartPlace;
  readonly #file: OpenFile;
  readonly #notes: NoteWriter;
  readonly #done: Map<number, number>;
  #isClosed = false;

  private constructor(
    files: Files,
    place: PartPlace,
    opened: { readonly file: OpenFile; readonly notes: NoteWriter },
    version: Version,
    done: ReadonlyMap<number, number>,
  ) {
    this.#files = files;
    this.#place = place;
    this.#file = opened.file;
    this.#notes = opened.notes;
    this.#done = new Map(done);
    this.version = version;
    this.blockBytes = blockBytesOf(version.size);
    this.count = Math.ceil(version.size / this.blockBytes);
  }

  /** Which version the file at this place is a part of; undefined when there is none to go on with. */
  static async look(files: Files, place: PartPlace): Promise<Version | undefined> {
    const notes = await readNotes(files, place.notes);
    return notes === undefined || (await files.size(place.part)) === undefined ? undefined : notes.version;
  }

  /** Goes on with what is there of this version, or begins anew. `now`: milliseconds since the epoch. */
  static async open(files: Files, place: PartPlace, version: Version, now: number): Promise<PartFile> {
    const found = await readNotes(files, place.notes);
    const isSame =
      found?.version.etag === version.etag &&
      found.version.size === version.size &&
      found.version.store === version.store &&
      found.version.key === version.key;
    const known = isSame ? found : undefined;
    if (known === undefined) await files.remove(place.part);
    const notes = await NoteWriter.open(files, place.notes, version, known, now);
    try {
      const file = await files.open(place.part, "update");
      return new PartFile(files, place, { file, notes }, version, known?.blocks ?? new Map());
    } catch (thrown) {
      await notes.close();
      throw thrown;
    }
  }

  static async remove(files: Files, place: PartPlace): Promise<void> {
    await files.remove(place.part);
    await files.remove(place.notes);
  }

  isDone(block: number): boolean {
    return this.#done.has(block);
  }

  get isWhole(): boolean {
    return this.#done.size === this.count;
  }

  /** Bytes of the blocks that are there. */
  get doneBytes(): number {
    const last = this.count - 1;
    const missing = this.#done.has(last) ? this.count * this.blockBytes - this.version.size : 0;
    return this.#done.size * this.blockBytes - missing;
  }

  startOf(block: number): number {
    return block * this.blockBytes;
  }

  /** The first byte behind a block. */
  endOf(block: number): number {
    return Math.min(this.startOf(block + 1), this.version.size);
  }

  write(at: number, bytes: Uint8Array): Promise<void> {
    return this.#file.write(at, bytes);
  }

  /** All bytes of the block were written, with this checksum. */
  async finishBlock(block: number, crc: number): Promise<void> {
    this.#done.set(block, crc);
    await this.#notes.note(block, crc);
  }

  /** The bytes of a block in pieces, as the disk has them. A piece may lie in `buffer`, and is good until the next one is asked for. */
  async *readBlock(block: number, buffer = makeReadBuffer()): AsyncGenerator<Uint8Array> {
    const end = this.endOf(block);
    for (let at = this.startOf(block); at < end; ) {
      const bytes = await this.#file.read(at, Math.min(buffer.byteLength, end - at), buffer);
      if (bytes.byteLength === 0) return;
      yield bytes;
      at += bytes.byteLength;
    }
  }

  /** Forgets blocks whose bytes are not those that were fetched: a power cut may have taken them, and spared the note. */
  async check(signal: AbortSignal): Promise<void> {
    if (this.#done.size === 0) return;
    const buffer = makeReadBuffer();
    for (const [block, expected] of [...this.#done]) {
      signal.throwIfAborted();
      let crc = 0;
      let size = 0;
      for await (const bytes of this.readBlock(block, buffer)) {
        crc = crc32(bytes, crc);
        size += bytes.byteLength;
      }
      if (crc !== expected || size !== this.endOf(block) - this.startOf(block)) this.#done.delete(block);
    }
  }

  /** What is noted and what it speaks of outlast a power cut. */
  async sync(): Promise<void> {
    await this.#file.sync();
    await this.#notes.sync();
  }

  /** Gives the whole file its name, durably. */
  async publish(path: string, folder: string, attributes: Attributes): Promise<void> {
    await this.#file.setAttributes?.(attributes);
    await this.#file.sync();
    await this.close();
    await this.#files.rename(this.#place.part, path);
    await this.#files.syncFolder(folder);
    await this.#files.remove(this.#place.notes);
  }

  /** What is there is kept for the next try. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#notes.close();
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
    await PartFile.remove(this.#files, this.#place);
  }
}
