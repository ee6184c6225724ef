import { versionOf } from "../command/identity.ts";
import { documentKey } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { DocumentVersion } from "../journal/records.ts";
import type { Reserve } from "../journal/reserve.ts";
import { isDoubtful, serviceState } from "../journal/state.ts";
import { type ObjectInfo, StoreError } from "../plugin/driver.ts";
import type { Clock, Log, Random, Store, Stores } from "../plugin/surroundings.ts";
import type { Files } from "../ports/files.ts";
import { CLOCK, CONFIGURATION, FILES, JOURNAL, LOG, RANDOM, RESERVE, STORES } from "../tokens.ts";
import { KnownBatches } from "./known.ts";
import { askStore } from "./outage.ts";
import { incomingStore } from "./places.ts";
import { type Staged, type StagedDocument, Staging } from "./stage.ts";

/** Looks that a document which is being written gets before the next poll takes over. */
const mostLooks = 50;

/** Text in a folder that breaks off may be a document that is still being written; it is believed to be one no longer than this. */
const unfinishedMs = 2000;

/** Takes a service's document when it is new; one request without a body when it is not. */
@injectable()
export class Poller {
  readonly #journal: Journal;
  readonly #stores: Stores;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #staging: Staging;
  readonly #known: KnownBatches;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(STORES) stores: Stores,
    @inject(CLOCK) clock: Clock,
    @inject(LOG) log: Log,
    @inject(RANDOM) random: Random,
    @inject(RESERVE) reserve: Reserve,
  ) {
    this.#journal = journal;
    this.#stores = stores;
    this.#clock = clock;
    this.#log = log;
    this.#staging = new Staging({ configuration, journal, files, random, reserve });
    this.#known = new KnownBatches({ journal, stores, clock, log });
  }

  /** Resolves to true when a batch was taken. Throws `StoreOutage` when a store does not answer that has to. */
  poll(service: string, signal: AbortSignal): Promise<boolean> {
    return askStore(incomingStore, () => this.#poll(service, signal));
  }

  /** To be called before a batch goes on after a start: one that was finished by a later state than this one is closed as it is. */
  closeFinished(service: string, signal: AbortSignal): Promise<void> {
    return this.#known.closeFinished(service, signal);
  }

  async #poll(service: string, signal: AbortSignal): Promise<boolean> {
    const store = this.#stores.get(incomingStore);
    const state = serviceState(this.#journal.state, service);
    if (state.removal !== undefined) await this.#removeDocument(store, service, state.removal, signal);
    const key = documentKey(service);
    const firstSeen = new Map<string, number>();
    for (let look = 0; look < mostLooks; look++) {
      const found = await this.#look(store, service, state.document, signal);
      if (found === "unchanged" || found === "missing") return this.#settle(service, found);
      if (found === "unsettled") continue;
      const taken = await this.#staging.fetch(store, service, found === "unknown" ? undefined : found.etag, signal);
      if (taken === "missing") return this.#settle(service, taken);
      if (taken === "changed") continue;
      const { etag } = taken.info;
      const since = firstSeen.get(etag) ?? this.#clock.elapsed();
      firstSeen.set(etag, since);
      const document = await this.#staging.read(taken);
      const mayGrow = store.can.settleMs !== undefined && this.#clock.elapsed() - since < unfinishedMs;
      if (document.fault?.code !== "document-json" || !mayGrow)
        return await this.#take(service, taken, document, signal);
      await this.#staging.discard(taken);
      await this.#clock.sleep(store.can.settleMs ?? 0, signal);
    }
    this.#log.debug("the document changes all the time; the next poll looks again", { service, key });
    return false;
  }

  /** There is nothing new; what comes from now on was not there when records were lost. */
  #settle(service: string, found: "unchanged" | "missing"): false {
    const { document } = serviceState(this.#journal.state, service);
    const doubt = isDoubtful(this.#journal.state, service);
    if (found === "missing" && (document !== undefined || doubt)) this.#journal.note([{ t: "gone", service }]);
    if (found === "unchanged" && document !== undefined && doubt)
      this.#journal.note([{ t: "known", service, document }]);
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
    if (first === "missing") return "missing";
    if (first.etag === known?.etag && versionOf(first) === known.version) return "unchanged";
    if (settleMs === undefined) return first;
    // In a folder strangers write in place: two looks that agree make a whole document.
    await this.#clock.sleep(settleMs, signal);
    const second = await store.head(key, { signal });
    return second !== "missing" && second.etag === first.etag ? second : "unsettled";
  }

  /** What was downloaded and is not taken leaves nothing behind. */
  async #take(service: string, taken: Staged, staged: StagedDocument, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#accept(service, taken, staged, signal);
    } finally {
      await this.#staging.discard(taken);
    }
  }

  async #accept(service: string, taken: Staged, staged: StagedDocument, signal: AbortSignal): Promise<boolean> {
    const { batch, entries } = staged;
    const document = { etag: taken.info.etag, version: versionOf(taken.info) };
    if (await this.#known.wasTaken(service, staged, signal)) {
      const message = "a document was run before under this name; it is not run again";
      this.#log[staged.hasId ? "warn" : "info"](message, { service, batch });
      await this.#journal.append([{ t: "known", service, document }], { durable: true });
      return false;
    }
    const file = await this.#staging.keep(service, batch, taken);
    const at = new Date(this.#clock.now()).toISOString();
    const record = {
      ...({ t: "received", service, batch, at, document } as const),
      ...(file === undefined ? {} : { file, sha256: taken.file?.sha256 }),
      ...(entries === undefined ? {} : { entries }),
      ...(staged.fault === undefined ? {} : { fault: staged.fault }),
    };
    await this.#journal.append([record], { durable: true });
    this.#known.noteTaken(service);
    this.#log.info("a batch was taken", { service, batch });
    return true;
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
