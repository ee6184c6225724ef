import { createCipheriv } from "node:crypto";
import { join } from "node:path";
import { type Files, isDiskFull } from "../ports/files.ts";

/** Empty files beside it: a disk may have room left and no names. A segment, a report and two files in passing need one each. */
const spareNames = 4;

/** Written piece by piece: the reserve is never in memory whole. */
const pieceBytes = 64 * 1024;

/**
 * Room on the disk that is kept for outcomes: a file that no file system can make smaller, given up when the disk is full so that what was begun can be
 * recorded and reported. While it is not there nothing new is taken.
 */
export class Reserve {
  readonly bytes: number;
  readonly #files: Files;
  readonly #path: string;
  readonly #names: readonly string[];
  #isHeld = false;
  #holding: Promise<void> | undefined;

  constructor(files: Files, stateDir: string, bytes: number) {
    this.#files = files;
    this.#path = join(stateDir, "reserve");
    this.#names = Array.from({ length: spareNames }, (_, index) => join(stateDir, `reserve-${index + 1}`));
    this.bytes = bytes;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Takes the room if there is twice as much; resolves to whether it is held. Throws nothing. */
  async hold(): Promise<boolean> {
    if (this.#isHeld) return true;
    this.#holding ??= this.#take().finally(() => {
      this.#holding = undefined;
    });
    await this.#holding;
    return this.#isHeld;
  }

  /** Gives the room up, then one name after the other; false when there is nothing left to give. */
  async release(): Promise<boolean> {
    await this.#holding;
    this.#isHeld = false;
    for (const path of [this.#path, ...this.#names]) {
      if ((await this.#files.size(path)) === undefined) continue;
      await this.#files.remove(path);
      return true;
    }
    return false;
  }

  /** Whether `bytes` more can be written and as much as the reserve stays free. Where nobody can tell, they can. */
  async hasRoom(bytes: number): Promise<boolean> {
    const free = await this.#files.free(this.#path);
    return free === undefined || free >= bytes + this.bytes;
  }

  /** Runs what writes; while the disk is full the reserve is given up for it, bit by bit, and it is tried again. */
  async spend<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (thrown) {
        if (!isDiskFull(thrown) || !(await this.release())) throw thrown;
      }
    }
  }

  async #take(): Promise<void> {
    try {
      if ((await this.#files.size(this.#path)) !== this.bytes) {
        if (!(await this.hasRoom(this.bytes))) return;
        await this.#write();
      }
      for (const path of this.#names) await (await this.#files.open(path, "update")).close();
      this.#isHeld = true;
    } catch {
      await this.#files.remove(this.#path).catch(() => undefined);
    }
  }

  async #write(): Promise<void> {
    const file = await this.#files.open(this.#path, "update");
    try {
      // Always the same bytes, in which no compression finds anything.
      const noise = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
      for (let at = 0; at < this.bytes; at += pieceBytes) {
        await file.write(at, noise.update(Buffer.alloc(Math.min(pieceBytes, this.bytes - at))));
      }
      // It may have been longer, under another configuration.
      await file.truncate(this.bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
