import { join } from "node:path";
import { fault, RustiqError } from "../errors.ts";
import { type Files, hasErrno } from "../ports/files.ts";
import { segmentsAmong } from "./replay.ts";

const markerPattern = /^epoch-(\d{10})$/;

function markerName(epoch: number): string {
  return `epoch-${String(epoch).padStart(10, "0")}`;
}

/**
 * The fencing epoch of a journal: a file whose name is the number of its present owner. The lock that the kernel keeps should make
 * it needless; where the lock is not shared (another network namespace, a folder on two machines) it is what tells an older owner
 * that it is one no longer. A new owner changes the name before it reads; an older one looks for its name after it has written and
 * before it acts. Whichever comes first, one of them sees the other.
 */
export class Fence {
  readonly epoch: number;
  readonly #files: Files;
  readonly #folder: string;
  readonly #marker: string;
  readonly #before: string | undefined;

  private constructor(files: Files, folder: string, epoch: number, before: string | undefined) {
    this.#files = files;
    this.#folder = folder;
    this.epoch = epoch;
    this.#marker = join(folder, markerName(epoch));
    this.#before = before;
  }

  /** Makes the caller the owner. Throws "state-owned" when another one does the same at this moment. */
  static async claim(files: Files, folder: string, names: readonly string[]): Promise<Fence> {
    const markers = names.filter((name) => markerPattern.test(name)).sort();
    const last = markers.at(-1);
    // A segment that was never finished may have survived a power cut that took its owner's marker.
    const written = names.map((name) => name.replace(/\.part$/, ""));
    const numbers = [
      ...markers.map((name) => Number(markerPattern.exec(name)?.[1])),
      ...segmentsAmong(written).map(({ epoch }) => epoch),
    ];
    const fence = new Fence(files, folder, Math.max(0, ...numbers) + 1, last);
    try {
      if (last === undefined) await (await files.open(fence.#marker, "fresh")).close();
      else await files.rename(join(folder, last), fence.#marker);
    } catch (thrown) {
      if (!hasErrno(thrown, "ENOENT", "EEXIST")) throw thrown;
      throw fault("state-owned", { folder, holder: "another RustiQ that starts at this moment" });
    }
    for (const name of markers.slice(0, -1)) await files.remove(join(folder, name));
    // Between the look at an empty folder and the making of its first marker others may have come, and have made and renamed it.
    if (last === undefined) await fence.#yieldToOthers();
    return fence;
  }

  async #yieldToOthers(): Promise<void> {
    const names = ((await this.#files.list(this.#folder)) ?? []).map(({ name }) => name);
    if (names.every((name) => !markerPattern.test(name) || name === markerName(this.epoch))) return;
    await this.#files.remove(this.#marker);
    throw fault("state-owned", { folder: this.#folder, holder: "another RustiQ that has started since" });
  }

  /** Throws "state-fenced" when another process has become the owner. */
  async check(): Promise<void> {
    if ((await this.#files.size(this.#marker)) === undefined) throw fault("state-fenced", { folder: this.#folder });
  }

  /** One step of a start. What it fails of may be a later owner, who clears away what an older one leaves: then "state-owned". */
  async guardStart<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (thrown) {
      const isFenced = await this.check().then(
        () => false,
        (reason: unknown) => reason instanceof RustiqError,
      );
      if (!isFenced) throw thrown;
      throw fault("state-owned", { folder: this.#folder, holder: "another RustiQ that has started since" });
    }
  }

  /** Gives the folder back as it was found, unless somebody else has it by now. */
  async withdraw(): Promise<void> {
    if (this.#before === undefined) return this.#files.remove(this.#marker);
    try {
      await this.#files.rename(this.#marker, join(this.#folder, this.#before));
    } catch (thrown) {
      if (!hasErrno(thrown, "ENOENT")) throw thrown;
    }
  }
}
