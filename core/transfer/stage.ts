import { join } from "node:path";
import { describeFault } from "../command/describe-fault.ts";
import { readDocument } from "../command/document.ts";
import { batchName, unreadBatchName, versionOf } from "../command/identity.ts";
import { documentKey } from "../command/report.ts";
import { stagingFolder } from "../command/run.ts";
import type { Configuration } from "../config/configuration.ts";
import { sha256Of } from "../digest.ts";
import { fault, RustiqError } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryFault } from "../journal/records.ts";
import type { Reserve } from "../journal/reserve.ts";
import type { ObjectInfo } from "../plugin/driver.ts";
import type { DownloadedFile, Random, Store } from "../plugin/surroundings.ts";
import { type Files, readWhole } from "../ports/files.ts";
import { saveBody } from "./download.ts";

/** A document that was downloaded. */
export interface Staged {
  readonly info: ObjectInfo;
  /** Absent when the document is larger than a document may be. */
  readonly file: DownloadedFile | undefined;
}

/** What a staged document is. */
export interface StagedDocument {
  readonly batch: string;
  /** The sender named the batch. */
  readonly hasId: boolean;
  readonly entries?: number;
  /** Why nothing of it may run. */
  readonly fault: EntryFault | undefined;
}

interface StagingParts {
  readonly journal: Pick<Journal, "epoch">;
  readonly configuration: Configuration;
  readonly files: Files;
  readonly random: Random;
  readonly reserve: Reserve;
}

/** Where a document lies from its download until its report is safe. */
export class Staging {
  readonly #parts: StagingParts;
  readonly #folder: string;

  constructor(parts: StagingParts) {
    this.#parts = parts;
    this.#folder = stagingFolder(parts.configuration);
  }

  /** The document's bytes in a file; one that is too large is known by its description alone. Throws "disk-full". */
  async fetch(
    store: Store,
    service: string,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<Staged | "missing" | "changed"> {
    const { configuration, files, random } = this.#parts;
    const ifMatch = store.can.conditionalRead ? etag : undefined;
    const answer = await store.read(documentKey(service), { signal, ifMatch });
    if (answer.status !== "ok") return answer.status === "missing" ? "missing" : "changed";
    const { info, body } = answer;
    if (etag !== undefined && info.etag !== etag) {
      body.destroy();
      return "changed";
    }
    const isTooLarge = info.size > configuration.limits.documentBytes;
    try {
      await this.#checkRoom(isTooLarge ? 0 : info.size);
    } catch (thrown) {
      body.destroy();
      throw thrown;
    }
    if (isTooLarge) {
      body.destroy();
      return { info, file: undefined };
    }
    // A name of its own: whoever else may own the folder by now must not write into it.
    const path = join(this.#folder, `${random.hex(8)}.new`);
    try {
      return { info, file: await saveBody(files, random, answer, path, signal) };
    } catch (thrown) {
      // It may have its name already, and the next try takes another.
      await files.remove(path).catch(() => undefined);
      throw thrown;
    }
  }

  /** The name of the batch, and why nothing of it may run. */
  async read(staged: Staged): Promise<StagedDocument> {
    const { info, file } = staged;
    const { limits } = this.#parts.configuration;
    if (file === undefined) {
      const refused = fault("document-too-large", { limit: limits.documentBytes });
      return { batch: unreadBatchName(info), hasId: false, fault: describeFault(refused) };
    }
    const batch = batchName(file.sha256, versionOf(info));
    const bytes = await readWhole(this.#parts.files, file.path, limits.documentBytes).catch(async (thrown: unknown) => {
      await this.discard(staged);
      throw thrown;
    });
    try {
      const { id, entries } = readDocument(bytes ?? new Uint8Array(), limits);
      return { batch: id ?? batch, hasId: id !== undefined, entries: entries.length, fault: undefined };
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) throw thrown;
      return { batch, hasId: false, fault: describeFault(thrown) };
    }
  }

  /** Gives the file the name that its batch has it under, durably; no two batches share one. Answers the name. */
  async keep(service: string, batch: string, { file }: Staged): Promise<string | undefined> {
    if (file === undefined) return undefined;
    // An older owner of the folder that still sweeps or writes has names of its own.
    const name = `${sha256Of(`${this.#parts.journal.epoch} ${service} ${batch}`).slice(0, 32)}.json`;
    await this.#parts.files.rename(file.path, join(this.#folder, name));
    await this.#parts.files.syncFolder(this.#folder);
    return name;
  }

  /** Removes the file if it was not kept. */
  async discard({ file }: Staged): Promise<void> {
    if (file !== undefined) await this.#parts.files.remove(file.path).catch(() => undefined);
  }

  /** Room for the document, its record and what is said of it at the least: what could not be answered is not taken. */
  async #checkRoom(size: number): Promise<void> {
    const { reserve } = this.#parts;
    const wanted = 2 * size;
    if ((await reserve.hold()) && (await reserve.hasRoom(wanted))) return;
    const reason = `no document is taken while less than ${wanted + reserve.bytes} bytes are free beside the reserve`;
    throw fault("disk-full", { reason });
  }
}
