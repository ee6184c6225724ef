import { join } from "node:path";
import { readDocument } from "../command/document.ts";
import { batchName, unreadBatchName, versionOf } from "../command/identity.ts";
import { describeFault } from "../command/invoke.ts";
import { documentKey, reportKeys } from "../command/report.ts";
import { stagingFolder } from "../command/run.ts";
import type { Configuration } from "../config/configuration.ts";
import { fault, RustiqError } from "../errors.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { DocumentVersion, EntryFault } from "../journal/records.ts";
import { serviceState } from "../journal/state.ts";
import { type ObjectInfo, StoreError } from "../plugin/driver.ts";
import type { Clock, DownloadedFile, Log, Random, Store, Stores } from "../plugin/surroundings.ts";
import { type Files, readWhole } from "../ports/files.ts";
import { CLOCK, CONFIGURATION, FILES, JOURNAL, LOG, RANDOM, STORES } from "../tokens.ts";
import { saveBody } from "./download.ts";
import { statusStore } from "./outbox.ts";

/** The store that command documents come from. */
export const incomingStore = "incoming";

/** Looks that a document which is being written gets before the next poll takes over. */
const mostLooks = 50;

/** Text in a folder that breaks off may be a document that is still being written; it is believed to be one no longer than this. */
const unfinishedMs = 2000;

interface Taken {
  readonly info: ObjectInfo;
  /** Absent when the document is larger than a document may be. */
  readonly file: DownloadedFile | undefined;
}

interface StagedDocument {
  readonly batch: string;
  /** The sender named the batch. */
  readonly hasId: boolean;
  readonly fault: EntryFault | undefined;
}

/** Takes a service's document when it is new; one request without a body when it is not. */
@injectable()
export class Poller {
  readonly #configuration: Configuration;
  readonly #journal: Journal;
  readonly #files: Files;
  readonly #stores: Stores;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #random: Random;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(STORES) stores: Stores,
    @inject(CLOCK) clock: Clock,
    @inject(LOG) log: Log,
    @inject(RANDOM) random: Random,
  ) {
    this.#configuration = configuration;
    this.#journal = journal;
    this.#files = files;
    this.#stores = stores;
    this.#clock = clock;
    this.#log = log;
    this.#random = random;
  }

  /** Resolves to true when a batch was taken. Throws `StoreError` when the store does not answer. */
  async poll(service: string, signal: AbortSignal): Promise<boolean> {
    const store = this.#stores.get(incomingStore);
    const state = serviceState(this.#journal.state, service);
    if (state.removal !== undefined) await this.#removeDocument(store, service, state.removal, signal);
    const key = documentKey(service);
    const firstSeen = new Map<string, number>();
    for (let look = 0; look < mostLooks; look++) {
      const found = await this.#look(store, service, state.document, signal);
      if (found === "unchanged" || found === "missing") return false;
      if (found === "unsettled") continue;
      const taken = await this.#fetch(store, service, found === "unknown" ? undefined : found.etag, signal);
      if (taken === "missing") return false;
      if (taken === "changed") continue;
      const { etag } = taken.info;
      const since = firstSeen.get(etag) ?? this.#clock.elapsed();
      firstSeen.set(etag, since);
      const document = await this.#readStaged(service, taken);
      const mayGrow = store.can.settleMs !== undefined && this.#clock.elapsed() - since < unfinishedMs;
      if (document.fault?.code !== "document-json" || !mayGrow) return this.#accept(service, taken, document, signal);
      await this.#clock.sleep(store.can.settleMs ?? 0, signal);
    }
    this.#log.debug("the document changes all the time; the next poll looks again", { service, key });
    return false;
  }

  /**
   * What the store has, without its body. A condition on the ETag would not do: on S3 the same bytes put again have the same ETag, and
   * they are a new batch (SPEC 3.5). A document that was never seen is read at once: its answer tells a missing object from a missing
   * bucket.
   */
  async #look(
    store: Store,
    service: string,
    known: DocumentVersion | undefined,
    signal: AbortSignal,
  ): Promise<ObjectInfo | "unknown" | "missing" | "unchanged" | "unsettled"> {
    const { settleMs } = store.can;
    if (known === undefined && settleMs === undefined) return "unknown";
    const key = documentKey(service);
    const first = await store.head(key, { signal });
    if (first === "missing") {
      if (known !== undefined) this.#journal.note([{ t: "gone", service }]);
      return "missing";
    }
    if (first.etag === known?.etag && versionOf(first) === known.version) return "unchanged";
    if (settleMs === undefined) return first;
    // In a folder strangers write in place: two looks that agree make a whole document.
    await this.#clock.sleep(settleMs, signal);
    const second = await store.head(key, { signal });
    return second !== "missing" && second.etag === first.etag ? second : "unsettled";
  }

  /** The document's bytes into the staging file; one that is too large is known by its description alone. */
  async #fetch(
    store: Store,
    service: string,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<Taken | "missing" | "changed"> {
    const ifMatch = store.can.conditionalRead ? etag : undefined;
    const answer = await store.read(documentKey(service), { signal, ifMatch });
    if (answer.status !== "ok") return answer.status === "missing" ? "missing" : "changed";
    const { info, body } = answer;
    const isOther = etag !== undefined && info.etag !== etag;
    if (isOther || info.size > this.#configuration.limits.documentBytes) {
      body.destroy();
      return isOther ? "changed" : { info, file: undefined };
    }
    return { info, file: await saveBody(this.#files, this.#random, answer, this.#stagedPath(service), signal) };
  }

  #stagedPath(service: string): string {
    return join(stagingFolder(this.#configuration), `.${service}.new`);
  }

  /** The name of the batch, and why nothing of it may run. */
  async #readStaged(service: string, { info, file }: Taken): Promise<StagedDocument> {
    const { limits } = this.#configuration;
    if (file === undefined) {
      const refused = fault("document-too-large", { limit: limits.documentBytes });
      return { batch: unreadBatchName(info), hasId: false, fault: describeFault(refused) };
    }
    const batch = batchName(file.sha256, versionOf(info));
    const bytes = (await readWhole(this.#files, this.#stagedPath(service), limits.documentBytes)) ?? new Uint8Array();
    try {
      const { id } = readDocument(bytes, limits);
      return { batch: id ?? batch, hasId: id !== undefined, fault: undefined };
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) throw thrown;
      return { batch, hasId: false, fault: describeFault(thrown) };
    }
  }

  async #accept(service: string, taken: Taken, staged: StagedDocument, signal: AbortSignal): Promise<boolean> {
    const { batch } = staged;
    const document = { etag: taken.info.etag, version: versionOf(taken.info) };
    if (await this.#wasTaken(service, batch, signal)) {
      const message = "a document was run before under this name; it is not run again";
      this.#log[staged.hasId ? "warn" : "info"](message, { service, batch });
      await this.#journal.append([{ t: "known", service, document }], { durable: true });
      return false;
    }
    const folder = stagingFolder(this.#configuration);
    const file = taken.file === undefined ? undefined : `${service}.json`;
    if (file !== undefined) {
      await this.#files.rename(this.#stagedPath(service), join(folder, file));
      await this.#files.syncFolder(folder);
    }
    const at = new Date(this.#clock.now()).toISOString();
    const refused = staged.fault === undefined ? {} : { fault: staged.fault };
    const record = {
      t: "received",
      service,
      batch,
      at,
      document,
      ...(file === undefined ? {} : { file }),
      ...refused,
    } as const;
    await this.#journal.append([record], { durable: true });
    this.#log.info("a batch was taken", { service, batch });
    return true;
  }

  /** Names beyond those that the journal remembers are known by the result file that each of them left. */
  async #wasTaken(service: string, batch: string, signal: AbortSignal): Promise<boolean> {
    const { batches, forgotten } = serviceState(this.#journal.state, service);
    if (batches.has(batch)) return true;
    const status = this.#stores.all().find(({ name }) => name === statusStore);
    if (forgotten === 0 || status === undefined) return false;
    return (await status.head(reportKeys.result(service, batch), { signal })) !== "missing";
  }

  /** With `incoming.after: "delete"`: the document goes if it is still the version that was run. */
  async #removeDocument(store: Store, service: string, run: DocumentVersion, signal: AbortSignal): Promise<void> {
    const key = documentKey(service);
    try {
      const found = await store.head(key, { signal });
      const isSame = found !== "missing" && found.etag === run.etag && versionOf(found) === run.version;
      if (isSame) await store.remove(key, { signal });
    } catch (thrown) {
      if (!(thrown instanceof StoreError) || thrown.retry !== "never" || signal.aborted) throw thrown;
      this.#log.warn(`the document of a finished batch cannot be removed and stays: ${thrown.message}`, { service });
    }
    await this.#journal.append([{ t: "removed", service }], { durable: false });
  }
}
