import { join } from "node:path";
import { type Files, isDiskFull } from "../ports/files.ts";

/** Written piece by piece: the reserve is never in memory whole. */
const pieceBytes = 64 * 1024;

/**
 * Room on the disk that is kept for outcomes: a file of zeros, given up when the disk is full so that what was begun can be
 * recorded and reported. While it is not there nothing new is taken.
 */
export class Reserve {
  readonly bytes: number;
  readonly #files: Files;
  readonly #path: string;
  #isHeld = false;
  #holding: Promise<void> | undefined;

  constructor(files: Files, stateDir: string, bytes: number) {
    this.#files = files;
    this.#path = join(stateDir, "reserve");
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

  /** Gives the room up; false when there is none to give. */
  async release(): Promise<boolean> {
    await this.#holding;
    this.#isHeld = false;
    if ((await this.#files.size(this.#path)) === undefined) return false;
    await this.#files.remove(this.#path);
    return true;
  }

  /** Whether `bytes` more can be written and as much as the reserve stays free. Where nobody can tell, they can. */
  async hasRoom(bytes: number): Promise<boolean> {
    const free = await this.#files.free(this.#path);
    return free === undefined || free >= bytes + this.bytes;
  }

  /** Runs what writes; when the disk is full the reserve is given up for it and it is tried once more. */
  async spend<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (thrown) {
      if (!isDiskFull(thrown) || !(await this.release())) throw thrown;
      return write();
    }
  }

  async #take(): Promise<void> {
    try {
      if ((await this.#files.size(this.#path)) === this.bytes) this.#isHeld = true;
      else if (await this.hasRoom(this.bytes)) await this.#write();
    } catch {
      await this.#files.remove(this.#path).catch(() => undefined);
    }
  }

  async #write(): Promise<void> {
    const file = await this.#files.open(this.#path, "update");
    try {
      const piece = new Uint8Array(Math.min(pieceBytes, this.bytes));
      for (let at = 0; at < this.bytes; at += piece.byteLength) {
        await file.write(at, piece.subarray(0, Math.min(piece.byteLength, this.bytes - at)));
      }
      // It may have been longer, under another configuration.
      await file.truncate(this.bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#isHeld = true;
  }
}
