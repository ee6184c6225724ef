import { reportKeys } from "../command/report.ts";
import { reasonOf } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import { isDoubtful, serviceState } from "../journal/state.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Clock, Log, Stores } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import { askStore } from "./outage.ts";
import { findStore, incomingStore, statusStore } from "./places.ts";
import type { StagedDocument } from "./stage.ts";

/** A look for the result of a batch that an earlier state of the device may have run waits so long at the most. Milliseconds. */
const resultLookMs = 5000;

interface KnowingParts {
  readonly journal: Journal;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which batches were taken before: by the journal's names, by results that wait for their upload, by results in the store. */
export class KnownBatches {
  readonly #parts: KnowingParts;
  /** Services that have taken a document since the start. */
  readonly #begun = new Set<string>();

  constructor(parts: KnowingParts) {
    this.#parts = parts;
  }

  /** To be called when a batch of the service was taken. */
  noteTaken(service: string): void {
    this.#begun.add(service);
  }

  /**
   * Batches that the journal does not remember are known by the result file that each of them left. It is looked for where the
   * journal may know less than the store: beyond the names that are kept, after damage, at the first document after a start, because
   * the state folder may be an older copy, and for ids, which a sender may use again at any time. The answer is indispensable after
   * damage, and once names were forgotten for an id and in a folder; elsewhere a name that was made of a version comes again only with
   * that version. Throws `StoreOutage` when there is none then.
   */
  async wasTaken(service: string, { batch, hasId }: StagedDocument, signal: AbortSignal): Promise<boolean> {
    const { state } = this.#parts.journal;
    const { batches, forgotten } = serviceState(state, service);
    if (batches.has(batch)) return true;
    // Before the store: a result leaves the outbox only when the store has it.
    if (this.#isResultWaiting(service, batch)) return true;
    const isInDoubt = isDoubtful(state, service);
    if (!isInDoubt && forgotten === 0 && !hasId && this.#begun.has(service)) return false;
    // In a folder a version is little more than a time, which tools can set.
    const mayComeAgain = hasId || findStore(this.#parts.stores, incomingStore)?.can.settleMs !== undefined;
    return this.#hasResult(service, batch, isInDoubt || (mayComeAgain && forgotten > 0), signal);
  }

  /**
   * To be called before a batch goes on after a start. One that has its result already was finished by a later state than this one,
   * which is a copy that was put back: it is closed as it is.
   */
  async closeFinished(service: string, signal: AbortSignal): Promise<void> {
    const { journal, log } = this.#parts;
    const batch = journal.state.services.get(service)?.open?.batch;
    if (batch === undefined || !(await this.#hasResult(service, batch, false, signal))) return;
    log.warn("a batch that was open has its result already; it is not run again", { service, batch });
    await journal.append([{ t: "reported", service, items: [], remove: false }], { durable: true });
  }

  #isResultWaiting(service: string, batch: string): boolean {
    const wanted = reportKeys.result(service, batch);
    for (const { store, key } of this.#parts.journal.state.outbox.values())
      if (store === statusStore && key === wanted) return true;
    return false;
  }

  async #hasResult(service: string, batch: string, mustKnow: boolean, signal: AbortSignal): Promise<boolean> {
    const { stores, clock, log } = this.#parts;
    const status = findStore(stores, statusStore);
    if (status === undefined) return false;
    const onLimit = () => new StoreError("timeout", `${status.name} did not answer within ${resultLookMs} ms`);
    const look = (limited: AbortSignal) => status.head(reportKeys.result(service, batch), { signal: limited });
    try {
      const ask = () => withinLimit(clock, resultLookMs, signal, onLimit, look);
      return (await askStore(status.name, ask)) !== "missing";
    } catch (thrown) {
      // A store that does not answer must not keep the others from their work, unless the journal itself says that it knows too little.
      if (mustKnow || signal.aborted) throw thrown;
      log.warn(`whether ${batch} was run before could not be asked of the store: ${reasonOf(thrown)}`, { service });
      return false;
    }
  }
}
