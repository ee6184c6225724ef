import { join } from "node:path";
import { sha256Of } from "../digest.ts";
import type { Journal } from "../journal/journal.ts";
import type { OutboxItem } from "../journal/records.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";

/** The bytes of what waits for its upload, a file each; a result and a last status share one. */
export class OutboxFiles {
  readonly #files: Files;
  readonly #folder: string;
  readonly #journal: Pick<Journal, "epoch" | "state">;

  constructor(files: Files, stateDir: string, journal: Pick<Journal, "epoch" | "state">) {
    this.#files = files;
    this.#folder = join(stateDir, "outbox");
    this.#journal = journal;
  }

  /** What an item says of its bytes. An older owner of the folder that still writes has file names of its own. */
  describe(id: string, bytes: Uint8Array): Pick<OutboxItem, "file" | "size"> & { readonly sha256: string } {
    const file = sha256Of(`${this.#journal.epoch} ${id}`).slice(0, 32);
    return { file, size: bytes.byteLength, sha256: sha256Of(bytes) };
  }

  /** Whole or not at all, durable when it resolves. Throws what the disk says. */
  async write({ file }: OutboxItem, bytes: Uint8Array): Promise<void> {
    await writeWhole(this.#files, join(this.#folder, file), bytes);
  }

  /** The item's bytes; undefined when its file is gone or is not what was accepted. Throws what the disk says. */
  async read({ file, size, sha256 }: OutboxItem): Promise<Uint8Array | undefined> {
    const path = join(this.#folder, file);
    if ((await this.#files.size(path)) !== size) return undefined;
    const bytes = await readWhole(this.#files, path, size);
    const isSame = bytes !== undefined && (sha256 === undefined || sha256Of(bytes) === sha256);
    return isSame ? bytes : undefined;
  }

  /** Removes the files of items that wait no more, unless another one needs them. */
  async remove(items: readonly OutboxItem[]): Promise<void> {
    for (const { file, kind } of items) {
      // Only reports share.
      if (kind !== "report" || !this.#isWanted(file)) await this.#files.remove(join(this.#folder, file));
    }
  }

  #isWanted(file: string): boolean {
    for (const item of this.#journal.state.outbox.values()) if (item.file === file) return true;
    return false;
  }
}
