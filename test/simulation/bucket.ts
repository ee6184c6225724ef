import { createHash } from "node:crypto";
import type { ObjectInfo } from "../../core/plugin/driver.ts";

/** One version of an object. */
export interface Stored {
  readonly info: ObjectInfo;
  readonly bytes: Uint8Array;
}

/** What happened to an object; `before` and `after` are absent where there was or is none. */
export interface Change {
  readonly bucket: string;
  readonly key: string;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

/** The objects of one store, with their past. Everything happens at once: order and misfortune come from whoever asks. */
export class Bucket {
  readonly name: string;
  readonly #isVersioned: boolean;
  readonly #now: () => number;
  readonly #onChange: (change: Change) => void;
  readonly #objects = new Map<string, Stored>();
  readonly #before = new Map<string, Stored | undefined>();
  #writes = 0;

  /** `now` is the server's clock. Without versions only the second of its last change tells two equal objects apart. */
  constructor(name: string, isVersioned: boolean, now: () => number, onChange: (change: Change) => void) {
    this.name = name;
    this.#isVersioned = isVersioned;
    this.#now = now;
    this.#onChange = onChange;
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()].sort();
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  /** What was there before the last change: the answer of a server that lags behind. */
  getStale(key: string): Stored | undefined {
    return this.#before.has(key) ? this.#before.get(key) : this.#objects.get(key);
  }

  put(key: string, bytes: Uint8Array): Stored {
    this.#writes += 1;
    const now = this.#now();
    const info: ObjectInfo = {
      key,
      size: bytes.byteLength,
      // As S3 has it: the same bytes have the same one.
      etag: `"${createHash("md5").update(bytes).digest("hex")}"`,
      modifiedAt: this.#isVersioned ? now : Math.floor(now / 1000) * 1000,
      ...(this.#isVersioned ? { version: `v${this.#writes}` } : {}),
    };
    const stored = { info, bytes: Uint8Array.from(bytes) };
    this.#change(key, stored);
    return stored;
  }

  remove(key: string): void {
    if (this.#objects.has(key)) this.#change(key, undefined);
  }

  #change(key: string, after: Stored | undefined): void {
    const before = this.#objects.get(key);
    this.#before.set(key, before);
    if (after === undefined) this.#objects.delete(key);
    else this.#objects.set(key, after);
    this.#onChange({ bucket: this.name, key, before, after });
  }
}
