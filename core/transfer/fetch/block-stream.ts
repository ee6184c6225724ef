import { crc32 } from "node:zlib";
import { StoreError } from "../../plugin/driver.ts";
import type { Run } from "./fetch.ts";
import type { PartFile } from "./part.ts";

/** Small chunks are gathered to this many bytes before they are written. */
const gatherBytes = 1024 * 1024;

/** Writes bytes as they come into the blocks of a run, one after the other. It can go on after its source broke. */
export class BlockStream {
  readonly #part: PartFile;
  readonly #to: number;
  readonly #onBlock: (block: number, bytes: Uint8Array | undefined) => void;
  #block: number;
  /** The next byte that is wanted. */
  #at: number;
  #crc = 0;
  readonly #gathered: Uint8Array;
  #size = 0;

  constructor(part: PartFile, run: Run, onBlock: (block: number, bytes: Uint8Array | undefined) => void) {
    this.#part = part;
    this.#to = run.to;
    this.#block = run.from;
    this.#at = part.startOf(run.from);
    this.#onBlock = onBlock;
    // One for all writes: what would be left to the collector comes to tens of megabytes before it looks.
    this.#gathered = Buffer.allocUnsafe(Math.min(gatherBytes, part.endOf(run.to - 1) - this.#at));
  }

  get at(): number {
    return this.#at;
  }

  get isComplete(): boolean {
    return this.#block === this.#to;
  }

  /** Throws `StoreError` "corrupt" when there are more bytes than the run has. */
  async take(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.byteLength > 0; ) {
      if (this.isComplete)
        throw new StoreError("corrupt", `${this.#part.version.key} sent more bytes than were asked for`);
      const room = Math.min(this.#gathered.byteLength - this.#size, this.#part.endOf(this.#block) - this.#at);
      const piece = rest.subarray(0, room);
      this.#gathered.set(piece, this.#size);
      this.#size += piece.byteLength;
      this.#at += piece.byteLength;
      rest = rest.subarray(piece.byteLength);
      if (this.#at === this.#part.endOf(this.#block)) await this.#finish();
      else if (this.#size === this.#gathered.byteLength) await this.#flush();
    }
  }

  async #finish(): Promise<void> {
    const block = this.#block;
    const bytes = await this.#flush();
    const isWhole = bytes.byteLength === this.#part.endOf(block) - this.#part.startOf(block);
    await this.#part.finishBlock(block, this.#crc);
    this.#block += 1;
    this.#crc = 0;
    this.#onBlock(block, isWhole ? bytes : undefined);
  }

  /** Resolves to what was written, which is good until the next bytes are taken. */
  async #flush(): Promise<Uint8Array> {
    const bytes = this.#gathered.subarray(0, this.#size);
    this.#crc = crc32(bytes, this.#crc);
    await this.#part.write(this.#at - this.#size, bytes);
    this.#size = 0;
    return bytes;
  }
}
