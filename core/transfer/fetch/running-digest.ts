import { createHash } from "node:crypto";
import { makeReadBuffer, type PartFile } from "./part.ts";

/** The digest of a file whose blocks come in any order: each is taken in as soon as all before it are there. */
export class RunningDigest {
  readonly #part: PartFile;
  readonly #sha256 = createHash("sha256");
  readonly #md5 = createHash("md5");
  readonly #wantsMd5: boolean;
  #next = 0;
  #reading: Promise<void> | undefined;
  #buffer: Uint8Array | undefined;

  /** `wantsMd5`: where the store says nothing better of the content. */
  constructor(part: PartFile, wantsMd5: boolean) {
    this.#part = part;
    this.#wantsMd5 = wantsMd5;
  }

  /** A block is there; `bytes` are the whole of it, where they are still at hand. They are not kept. */
  offer(block: number, bytes?: Uint8Array): void {
    if (block === this.#next && bytes !== undefined && this.#reading === undefined) {
      this.#update(bytes);
      this.#next += 1;
    }
    this.#readOn();
  }

  /** Resolves when every block was taken in. Throws what reading them throws. */
  async finish(): Promise<{ readonly sha256: string; readonly md5: string | undefined }> {
    while (this.#next < this.#part.count) {
      if (this.#reading === undefined && !this.#part.isDone(this.#next))
        throw new Error(`block ${this.#next} is missing`);
      this.#readOn();
      await this.#reading;
    }
    return { sha256: this.#sha256.digest("hex"), md5: this.#wantsMd5 ? this.#md5.digest("hex") : undefined };
  }

  /** Reads back what is there of the blocks that come next. */
  #readOn(): void {
    if (this.#reading !== undefined || !this.#part.isDone(this.#next)) return;
    const reading = this.#readBlocks().then(() => {
      this.#reading = undefined;
    });
    // Its failure is told by `finish`.
    reading.catch(() => undefined);
    this.#reading = reading;
  }

  async #readBlocks(): Promise<void> {
    this.#buffer ??= makeReadBuffer();
    while (this.#part.isDone(this.#next)) {
      for await (const bytes of this.#part.readBlock(this.#next, this.#buffer)) this.#update(bytes);
      this.#next += 1;
    }
  }

  #update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    if (this.#wantsMd5) this.#md5.update(bytes);
  }
}
