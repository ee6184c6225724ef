import { type Files, type OpenFile, readWhole } from "../../ports/files.ts";

/** Which version of which object an unfinished file is a part of. */
export interface Version {
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes of a block at the least: what is fetched of an object is noted block by block. */
const smallestBlock = 1024 * 1024;
/** Blocks of one object at the most; those of larger objects are larger. */
const mostBlocks = 65_536;
/** Bytes of notes that are read at the most. */
const mostNotes = 4 * 1024 * 1024;

/** What is known of an unfinished download. */
export interface Notes {
  readonly version: Version;
  /** Checksum (CRC-32) of each block that is there. */
  readonly blocks: ReadonlyMap<number, number>;
  /** When it was begun or last resumed; milliseconds since the epoch. */
  readonly at: number;
  /** Bytes of the file that are good. */
  readonly end: number;
}

/** Bytes of one block of an object of so many bytes. */
export function blockBytesOf(size: number): number {
  return smallestBlock * Math.max(1, Math.ceil(size / (smallestBlock * mostBlocks)));
}

function encodeLine(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function parseHead(line: string): Version | undefined {
  const { format, store, key, etag, size } = parseLine(line) ?? {};
  if (format !== 1 || typeof store !== "string" || typeof key !== "string") return undefined;
  if (typeof etag !== "string" || !Number.isSafeInteger(size)) return undefined;
  return { store, key, etag, size: size as number };
}

/** The notes of an unfinished download; undefined when there are none that can be used. What a crash has torn ends them. */
export async function readNotes(files: Files, path: string): Promise<Notes | undefined> {
  const bytes = await readWhole(files, path, mostNotes).catch((thrown: unknown) => {
    // None of ours is as large.
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  });
  if (bytes === undefined) return undefined;
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  // What stands behind the last line end is no whole line.
  lines.pop();
  const head = lines[0] ?? "";
  const version = parseHead(Buffer.from(head, "latin1").toString("utf8"));
  if (version === undefined) return undefined;
  const count = Math.ceil(version.size / blockBytesOf(version.size));
  const blocks = new Map<number, number>();
  let at = 0;
  let end = head.length + 1;
  for (const line of lines.slice(1)) {
    const note = parseLine(line);
    const { block, crc } = note ?? {};
    if (typeof note?.["at"] === "number") at = note["at"];
    else if (Number.isInteger(block) && (block as number) < count && Number.isInteger(crc))
      blocks.set(block as number, crc as number);
    else break;
    end += line.length + 1;
  }
  return { version, blocks, at, end };
}

/** Writes the notes beside an unfinished file. Not durable by themselves: a block is believed only when its bytes still fit. */
export class NoteWriter {
  readonly #file: OpenFile;
  #end: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: OpenFile, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Begins them, or goes on behind what is good of them. */
  static async open(
    files: Files,
    path: string,
    version: Version,
    known: Notes | undefined,
    now: number,
  ): Promise<NoteWriter> {
    if (known === undefined) await files.remove(path);
    const file = await files.open(path, "update");
    const writer = new NoteWriter(file, known?.end ?? 0);
    try {
      if (known === undefined) await writer.#append({ format: 1, ...version });
      else await file.truncate(known.end);
      await writer.#append({ at: now });
      return writer;
    } catch (thrown) {
      await file.close().catch(() => undefined);
      throw thrown;
    }
  }

  /** A block is there whole. */
  note(block: number, crc: number): Promise<void> {
    return this.#append({ block, crc });
  }

  async sync(): Promise<void> {
    await this.#writing;
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
  }

  #append(value: object): Promise<void> {
    const line = encodeLine(value);
    const at = this.#end;
    this.#end += line.byteLength;
    this.#writing = this.#writing.then(() => this.#file.write(at, line));
    return this.#writing;
  }
}
