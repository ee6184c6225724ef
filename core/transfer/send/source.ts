import { createHash } from "node:crypto";
import type { Body } from "../../plugin/driver.ts";
import type { Files, OpenFile } from "../../ports/files.ts";

/** Bytes that are read at once. */
const pieceBytes = 256 * 1024;

/** Digests of a whole file, in hexadecimal. */
export interface Digests {
  readonly sha256: string;
  readonly md5?: string | undefined;
}

/** The file that is sent. */
export class Source {
  /** Bytes, as they were when it was opened. */
  readonly size: number;
  readonly #files: Files;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #stamp: string | undefined;

  private constructor(files: Files, path: string, file: OpenFile, size: number, stamp: string | undefined) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
    this.#stamp = stamp;
    this.size = size;
  }

  static async open(files: Files, path: string): Promise<Source> {
    const stamp = await files.stamp?.(path);
    const file = await files.open(path, "read");
    try {
      return new Source(files, path, file, await file.size(), stamp?.stamp);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  /** Whether the file is another one by now, as far as the file system can tell. */
  async hasChanged(): Promise<boolean> {
    const now = await this.#files.stamp?.(this.#path);
    return now?.stamp !== this.#stamp;
  }

  /** Reads the whole file once. */
  async digest(wants: { readonly md5: boolean }, signal: AbortSignal): Promise<Digests> {
    const sha256 = createHash("sha256");
    const md5 = wants.md5 ? createHash("md5") : undefined;
    for await (const bytes of this.#read(0, this.size, Buffer.allocUnsafe(pieceBytes))) {
      signal.throwIfAborted();
      sha256.update(bytes);
      md5?.update(bytes);
    }
    return { sha256: sha256.digest("hex"), md5: md5?.digest("hex") };
  }

  /** MD5 of the bytes `from` to `to` (exclusive), in hexadecimal. */
  async md5(from: number, to: number, signal: AbortSignal): Promise<string> {
    const md5 = createHash("md5");
    for await (const bytes of this.#read(from, to, Buffer.allocUnsafe(pieceBytes))) {
      signal.throwIfAborted();
      md5.update(bytes);
    }
    return md5.digest("hex");
  }

  /** The bytes `from` to `to` (exclusive). `onSent` is told how many of them were taken so far, anew with each reading. */
  body(from: number, to: number, onSent: (bytes: number) => void): Body {
    const read = (start: number, end: number) => this.#read(start, end);
    return {
      size: to - from,
      async *open(start, end) {
        let sent = start;
        for await (const bytes of read(from + start, from + end)) {
          yield bytes;
          sent += bytes.byteLength;
          onSent(sent);
        }
      },
    };
  }

  /** With a buffer a piece may lie in it, and is good until the next one is asked for. */
  async *#read(from: number, to: number, buffer?: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = from; at < to; ) {
      const bytes = await this.#file.read(at, Math.min(pieceBytes, to - at), buffer);
      // A file that was cut short: whoever sends it sees that bytes are missing.
      if (bytes.byteLength === 0) return;
      yield bytes;
      at += bytes.byteLength;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
