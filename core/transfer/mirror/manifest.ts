import { join } from "node:path";
import type { Clock } from "../../plugin/surroundings.ts";
import { type Files, readWhole, writeWhole } from "../../ports/files.ts";

/** The manifest's name in the mirrored folder; never transferred. */
export const manifestName = ".rustiq-mirror.jsonl";

const format = 1;
/** A larger manifest is none of ours. */
const mostBytes = 256 * 1024 * 1024;
/** Lines, and milliseconds, after which what was done is written down. */
const flushLines = 32;
const flushMs = 250;

/** A file and an object that were the same. */
export interface ManifestEntry {
  readonly etag: string;
  readonly size: number;
  readonly sha256?: string | undefined;
  readonly stamp: string;
}

/** Which prefix of which store a folder mirrors. */
export interface Origin {
  readonly store: string;
  /** With its closing `/`; empty for the root. */
  readonly prefix: string;
}

interface Parsed {
  readonly entries: Map<string, ManifestEntry>;
  /** Bytes up to the last whole line. */
  readonly bytes: number;
  readonly isWhole: boolean;
}

/**
 * What a mirror knows of a folder: JSON lines, a head and then one for each file, the last of a name counting. Lines are appended
 * while files arrive, without fsync, after the file itself is durable: what is lost of them is only transferred once more.
 */
export class Manifest {
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #head: string;
  readonly #entries: Map<string, ManifestEntry>;
  #bytes: number;
  #isDirty: boolean;
  #lines: string[] = [];
  #flushedAt: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(files: Files, clock: Clock, path: string, head: string, parsed: Parsed | undefined) {
    this.#files = files;
    this.#clock = clock;
    this.#path = path;
    this.#head = head;
    this.#entries = parsed?.entries ?? new Map();
    this.#bytes = parsed?.bytes ?? 0;
    this.#isDirty = parsed !== undefined && !parsed.isWhole;
    this.#flushedAt = clock.elapsed();
  }

  /** The manifest of a folder; an empty one where there is none, it cannot be understood, or it is that of another origin. */
  static async load(files: Files, clock: Clock, folder: string, { store, prefix }: Origin): Promise<Manifest> {
    const path = join(folder, manifestName);
    const head = JSON.stringify({ format, store, prefix });
    const bytes = await readWhole(files, path, mostBytes).catch((thrown: unknown) => {
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    });
    return new Manifest(files, clock, path, head, bytes === undefined ? undefined : parse(bytes, head));
  }

  get(name: string): ManifestEntry | undefined {
    return this.#entries.get(name);
  }

  /** Notes that file and object are the same now. Resolves when it is written down, or soon will be. */
  async put(name: string, entry: ManifestEntry): Promise<void> {
    this.#entries.set(name, entry);
    await this.#note({ name, ...entry });
  }

  async remove(name: string): Promise<void> {
    if (!this.#entries.delete(name)) return;
    await this.#note({ name, removed: true });
  }

  /** Writes down what was noted, however the mirror ends. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#append());
    await this.#writing;
  }

  /** Writes it anew, durably, with the names that `keep` wants; nothing when nothing has changed. */
  async finish(keep: (name: string) => boolean): Promise<void> {
    await this.#writing.catch(() => undefined);
    for (const name of [...this.#entries.keys()].filter((one) => !keep(one))) {
      this.#entries.delete(name);
      this.#isDirty = true;
    }
    if (!this.#isDirty) return;
    const lines = [this.#head, ...[...this.#entries].map(([name, entry]) => JSON.stringify({ name, ...entry }))];
    await writeWhole(this.#files, this.#path, Buffer.from(`${lines.join("\n")}\n`));
    this.#lines = [];
    this.#isDirty = false;
  }

  async #note(line: object): Promise<void> {
    this.#isDirty = true;
    this.#lines.push(JSON.stringify(line));
    if (this.#lines.length >= flushLines || this.#clock.elapsed() - this.#flushedAt >= flushMs) await this.flush();
  }

  async #append(): Promise<void> {
    if (this.#lines.length === 0) return;
    const lines = this.#bytes === 0 ? [this.#head, ...this.#lines] : this.#lines;
    this.#lines = [];
    this.#flushedAt = this.#clock.elapsed();
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    const file = await this.#files.open(this.#path, "update");
    try {
      // A run that was killed may have left half a line there, and one of another origin all of its own.
      await file.truncate(this.#bytes);
      await file.write(this.#bytes, bytes);
      this.#bytes += bytes.byteLength;
    } finally {
      await file.close();
    }
  }
}

/** Undefined where the head is another one. Reading ends at the first line that is none. */
function parse(bytes: Uint8Array, head: string): Parsed | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  let at = text.indexOf("\n") + 1;
  if (text.slice(0, Math.max(0, at - 1)) !== head) return undefined;
  const entries = new Map<string, ManifestEntry>();
  for (let end = text.indexOf("\n", at); end !== -1; end = text.indexOf("\n", at)) {
    const line = parseLine(text.slice(at, end));
    if (line === undefined) break;
    if (line.entry === undefined) entries.delete(line.name);
    else entries.set(line.name, line.entry);
    at = end + 1;
  }
  return { entries, bytes: Buffer.byteLength(text.slice(0, at)), isWhole: at === text.length };
}

function parseLine(text: string): { readonly name: string; readonly entry?: ManifestEntry } | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof found !== "object" || found === null) return undefined;
  const { name, etag, size, sha256, stamp, removed } = found as Record<string, unknown>;
  if (typeof name !== "string") return undefined;
  if (removed === true) return { name };
  if (typeof etag !== "string" || typeof size !== "number" || typeof stamp !== "string") return undefined;
  return { name, entry: { etag, size, stamp, ...(typeof sha256 === "string" ? { sha256 } : {}) } };
}
