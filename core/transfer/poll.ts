import { join } from "node:path";
import { readDocument } from "../command/document.ts";
import { batchName, unreadBatchName, versionOf } from "../command/identity.ts";
import { describeFault } from "../command/invoke.ts";
import { documentKey } from "../command/report.ts";
import { stagingFolder } from "../command/run.ts";
import type { Configuration } from "../config/configuration.ts";
import { fault } from "../errors.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { EntryFault } from "../journal/records.ts";
import { serviceState } from "../journal/state.ts";
import type { ObjectInfo, ReadOperation } from "../plugin/driver.ts";
import type { Clock, DownloadedFile, Log, Store, Stores } from "../plugin/surroundings.ts";
import { type Files, readWhole } from "../ports/files.ts";
import { CLOCK, CONFIGURATION, FILES, JOURNAL, LOG, STORES } from "../tokens.ts";
import { saveBody } from "./download.ts";

/** The store that command documents come from. */
export const incomingStore = "incoming";

/** Looks that a document which is being written gets before the next poll takes over. */
const mostLooks = 50;

interface Taken {
  readonly info: ObjectInfo;
  /** Absent when the document is larger than a document may be. */
  readonly file: DownloadedFile | undefined;
}

/** Takes a service's document when it is new: one conditional read when it is not. */
@injectable()
export class Poller {
  readonly #configuration: Configuration;
  readonly #journal: Journal;
  readonly #files: Files;
  readonly #stores: Stores;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(STORES) stores: Stores,
    @inject(CLOCK) clock: Clock,
    @inject(LOG) log: Log,
  ) {
    this.#configuration = configuration;
    this.#journal = journal;
    this.#files = files;
    this.#stores = stores;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves to true when a batch was taken. Throws `StoreError` when the store does not answer. */
  async poll(service: string, signal: AbortSignal): Promise<boolean> {
    const store = this.#stores.get(incomingStore);
    const state = serviceState(this.#journal.state, service);
    if (state.removal !== undefined) await this.#removeDocument(store, service, signal);
    const key = documentKey(service);
    const known = state.document?.etag;
    const path = join(stagingFolder(this.#configuration), `.${service}.new`);
    for (let look = 0; look < mostLooks; look++) {
      const info = store.can.settleMs === undefined ? undefined : await this.#settle(store, key, known, signal);
      if (info === "unchanged" || info === "missing") return false;
      if (info === "unsettled") continue;
      const taken = await this.#fetch(
        store,
        key,
        path,
        info === undefined ? { ifNoneMatch: known, signal } : { ifMatch: info.etag, signal },
      );
      if (taken === "missing" || taken === "unchanged") return false;
      if (taken !== "changed") return this.#accept(service, taken);
    }
    this.#log.debug("the document changes all the time; the next poll looks again", { service, key });
    return false;
  }

  /** In a folder strangers write in place: two looks that agree make a whole document (SPEC 3.5). */
  async #settle(
    store: Store,
    key: string,
    known: string | undefined,
    signal: AbortSignal,
  ): Promise<ObjectInfo | "missing" | "unchanged" | "unsettled"> {
    const first = await store.head(key, { signal });
    if (first === "missing") return "missing";
    if (first.etag === known) return "unchanged";
    await this.#clock.sleep(store.can.settleMs ?? 0, signal);
    const second = await store.head(key, { signal });
    return second !== "missing" && second.etag === first.etag ? second : "unsettled";
  }

  /** The document's bytes into the staging file; one that is too large is known by its description alone. */
  async #fetch(
    store: Store,
    key: string,
    path: string,
    op: ReadOperation,
  ): Promise<Taken | "missing" | "unchanged" | "changed"> {
    const answer = await store.read(key, op);
    if (answer.status !== "ok") return answer.status;
    if (answer.info.size > this.#configuration.limits.documentBytes) {
      answer.body.destroy();
      return { info: answer.info, file: undefined };
    }
    return { info: answer.info, file: await saveBody(this.#files, answer, path, op.signal) };
  }

  async #accept(service: string, { info, file }: Taken): Promise<boolean> {
    const { limits } = this.#configuration;
    const folder = stagingFolder(this.#configuration);
    const staged = join(folder, `.${service}.new`);
    const document = { etag: info.etag, version: versionOf(info) };
    let batch = file === undefined ? unreadBatchName(info) : batchName(file.sha256, document.version);
    let refused: EntryFault | undefined;
    try {
      if (file === undefined) throw fault("document-too-large", { limit: limits.documentBytes });
      const bytes = (await readWhole(this.#files, staged, limits.documentBytes)) ?? new Uint8Array();
      batch = readDocument(bytes, limits).id ?? batch;
    } catch (thrown) {
      refused = describeFault(thrown);
    }
    if (serviceState(this.#journal.state, service).batches.has(batch)) {
      this.#log.info("the document is one that was run before; it is not run again", { service, batch });
      await this.#journal.append([{ t: "known", service, document }], { durable: true });
      return false;
    }
    const name = `${service}.json`;
    if (file !== undefined) {
      await this.#files.rename(staged, join(folder, name));
      await this.#files.syncFolder(folder);
    }
    const at = new Date(this.#clock.now()).toISOString();
    const received = { t: "received", service, batch, at, document } as const;
    await this.#journal.append(
      [
        {
          ...received,
          ...(file === undefined ? {} : { file: name }),
          ...(refused === undefined ? {} : { fault: refused }),
        },
      ],
      { durable: true },
    );
    this.#log.info("a batch was taken", { service, batch });
    return true;
  }

  /** With `incoming.after: "delete"`: the document goes if it is still the version that was run. */
  async #removeDocument(store: Store, service: string, signal: AbortSignal): Promise<void> {
    const key = documentKey(service);
    const run = this.#journal.state.services.get(service)?.removal;
    const found = await store.head(key, { signal });
    if (found !== "missing" && found.etag === run?.etag && versionOf(found) === run.version)
      await store.remove(key, { signal });
    await this.#journal.append([{ t: "removed", service }], { durable: false });
  }
}
