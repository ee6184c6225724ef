import { join } from "node:path";
import type { Configuration } from "../config/configuration.ts";
import { sha256Of } from "../digest.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryResult, ResultFile } from "../journal/records.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";
import { CONFIGURATION, FILES, JOURNAL } from "../tokens.ts";

/** A result whose JSON text is longer lies in a file of its own: the journal is read whole at every start. */
export const longestInline = 64 * 1024;

/** Large results, from the end of their command until their report is safe. */
@injectable()
export class ResultFiles {
  readonly #files: Files;
  readonly #journal: Pick<Journal, "epoch">;
  readonly #folder: string;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(FILES) files: Files,
    @inject(JOURNAL) journal: Pick<Journal, "epoch">,
  ) {
    this.#files = files;
    this.#journal = journal;
    this.#folder = join(configuration.stateDir, "results");
  }

  /** Durable when it resolves. Throws what the file system says; the reserve is for the small outcome that then takes its place. */
  async keep(service: string, batch: string, entry: number, text: string): Promise<ResultFile> {
    const bytes = Buffer.from(text);
    // An older owner of the folder that still writes has names of its own.
    const name = `${this.#journal.epoch} ${service} ${entry} ${batch}`;
    const file = `${sha256Of(name).slice(0, 32)}.json`;
    const path = join(this.#folder, file);
    try {
      await writeWhole(this.#files, path, bytes);
    } catch (thrown) {
      // It may have its name already, and no record will tell of it.
      await this.#files.remove(path).catch(() => undefined);
      throw thrown;
    }
    return { file, size: bytes.byteLength, sha256: sha256Of(bytes) };
  }

  /** The result's JSON text; undefined when its file is not what was written. */
  async read({ result, blob }: EntryResult): Promise<string | undefined> {
    if (blob === undefined) return result;
    const path = join(this.#folder, blob.file);
    if ((await this.#files.size(path)) !== blob.size) return undefined;
    const bytes = await readWhole(this.#files, path, blob.size);
    return bytes !== undefined && sha256Of(bytes) === blob.sha256 ? Buffer.from(bytes).toString("utf8") : undefined;
  }

  async remove(results: readonly (EntryResult | undefined)[]): Promise<void> {
    for (const result of results) {
      if (result?.blob !== undefined) await this.#files.remove(join(this.#folder, result.blob.file));
    }
  }
}
