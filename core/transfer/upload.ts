import { reasonOf } from "../errors.ts";
import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { OutboxItem } from "../journal/records.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Clock, Log, Random, Store, Stores } from "../plugin/surroundings.ts";
import { CLOCK, EVENTS, LOG, OUTBOX, RANDOM, REACHABILITY, STORES } from "../tokens.ts";
import { backoffMs } from "./backoff.ts";
import type { Outbox } from "./outbox.ts";
import type { Reachability } from "./reachability.ts";

const firstWaitMs = 500;
const longestWaitMs = 5 * 60_000;

/** A store's line of waiting items and how often it has failed. */
interface Line {
  failures: number;
  /** `elapsed()` before which the store is left alone. */
  notBefore: number;
  isSending: boolean;
}

/** Sends the outbox: oldest first, a line for each store so that an unreachable one holds nobody else up; retried without end. */
@injectable()
export class Uploader {
  readonly #outbox: Outbox;
  readonly #stores: Stores;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #events: Events;
  readonly #reachability: Reachability;
  readonly #lines = new Map<string, Line>();
  readonly #sending = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(
    @inject(OUTBOX) outbox: Outbox,
    @inject(STORES) stores: Stores,
    @inject(CLOCK) clock: Clock,
    @inject(RANDOM) random: Random,
    @inject(LOG) log: Log,
    @inject(EVENTS) events: Events,
    @inject(REACHABILITY) reachability: Reachability,
  ) {
    this.#outbox = outbox;
    this.#stores = stores;
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#events = events;
    this.#reachability = reachability;
  }

  /** Sends until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    this.#outbox.onAccepted(() => this.#wake());
    this.#wake();
  }

  /** Resolves when nothing is being sent; after the signal has aborted that is soon. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  /** Resolves to true when everything was delivered, to false when `limitMs` passed or the signal aborted first. */
  async drain(limitMs: number, signal: AbortSignal): Promise<boolean> {
    const end = this.#clock.elapsed() + limitMs;
    while (this.#outbox.depth > 0) {
      if (signal.aborted || this.#clock.elapsed() >= end) return false;
      await this.#clock.sleep(20, signal).catch(() => undefined);
    }
    return true;
  }

  #wake(): void {
    for (const name of new Set(this.#outbox.items().map((item) => item.store))) {
      const line = this.#lines.get(name) ?? { failures: 0, notBefore: 0, isSending: false };
      this.#lines.set(name, line);
      if (line.isSending || this.#signal === undefined || this.#signal.aborted) continue;
      line.isSending = true;
      const sending = this.#send(name, line, this.#signal).finally(() => {
        line.isSending = false;
        this.#sending.delete(sending);
      });
      this.#sending.add(sending);
    }
  }

  async #send(name: string, line: Line, signal: AbortSignal): Promise<void> {
    /** Items that failed in this round, so that one bad item does not keep the others from going. */
    const failed = new Set<string>();
    while (!signal.aborted) {
      const waiting = this.#outbox.items().filter((item) => item.store === name);
      if (waiting.length === 0) return;
      const item = waiting.find((candidate) => !failed.has(candidate.id) && !isBehind(candidate, waiting, failed));
      if (item === undefined) {
        failed.clear();
        await this.#clock.sleep(Math.max(0, line.notBefore - this.#clock.elapsed()), signal).catch(() => undefined);
        continue;
      }
      try {
        await this.#deliver(this.#stores.get(name), item, signal);
        this.#reachability.answered(name);
        line.failures = 0;
        await this.#outbox.settle(item);
        this.#events.tell("delivered", { store: name, key: item.key });
      } catch (thrown) {
        if (signal.aborted) return;
        failed.add(item.id);
        this.#recordFailure(name, line, item, thrown);
        // Nobody answers: the other items of this store would fail alike.
        if (!(thrown instanceof StoreError) || thrown.retry !== "never")
          for (const other of waiting) failed.add(other.id);
      }
    }
  }

  #recordFailure(name: string, line: Line, item: OutboxItem, thrown: unknown): void {
    line.failures += 1;
    const retryAfterMs = thrown instanceof StoreError ? (thrown.retryAfterMs ?? 0) : 0;
    const wait = Math.max(retryAfterMs, backoffMs(line.failures, this.#random, firstWaitMs, longestWaitMs));
    line.notBefore = this.#clock.elapsed() + wait;
    const reason = reasonOf(thrown);
    const fields = { store: name, key: item.key, tries: line.failures, next_try_ms: wait, waiting: this.#outbox.depth };
    this.#reachability.failed(name, reason);
    this.#log.debug(`an upload to ${name} failed: ${reason}`, fields);
  }

  async #deliver(store: Store, item: OutboxItem, signal: AbortSignal): Promise<void> {
    const bytes = await this.#outbox.read(item);
    if (bytes === undefined) {
      this.#log.error("the bytes of a waiting upload are gone; it is given up", { key: item.key });
      return;
    }
    const { contentType } = item;
    if (!item.createOnly) {
      await store.write(item.key, bytes, { signal, contentType });
      return;
    }
    // Whatever is there already under a batch's own name is this very result, delivered before the confirmation was lost.
    const failure = await store
      .write(item.key, bytes, { signal, contentType, when: { absent: true } })
      .catch(asStoreError);
    if (!(failure instanceof StoreError) || failure.code === "conflict") return;
    // A backend, or the file system below it, that cannot promise it: look first.
    if (failure.code !== "unsupported") throw failure;
    if ((await store.head(item.key, { signal })) === "missing")
      await store.write(item.key, bytes, { signal, contentType });
  }
}

function asStoreError(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  throw thrown;
}

/** Uploads of one key keep their order: one that failed holds back the later ones of the same key. */
function isBehind(item: OutboxItem, waiting: readonly OutboxItem[], failed: ReadonlySet<string>): boolean {
  for (const other of waiting) {
    if (other.id === item.id) return false;
    if (other.key === item.key && failed.has(other.id)) return true;
  }
  return false;
}
