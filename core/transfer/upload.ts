import { AsyncResource } from "node:async_hooks";
import { reasonOf } from "../errors.ts";
import type { Events } from "../events.ts";
import { inject, injectable } from "../inject.ts";
import type { OutboxItem } from "../journal/records.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Clock, Log, Random, Stores } from "../plugin/surroundings.ts";
import { isDiskFull } from "../ports/files.ts";
import { CLOCK, EVENTS, LOG, OUTBOX, RANDOM, REACHABILITY, STORES } from "../tokens.ts";
import { backoffMs } from "./backoff.ts";
import { Deliverer } from "./deliver.ts";
import { Line, type Wait } from "./line.ts";
import type { Outbox } from "./outbox.ts";
import type { Reachability } from "./reachability.ts";

const firstWaitMs = 500;
const longestWaitMs = 5 * 60_000;

/** Errors that no later try can mend: such an upload is given up. A report is not: it waits for people. */
const hopeless: readonly string[] = ["invalid-key", "too-large", "unsupported"];

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
  readonly #deliverer: Deliverer;
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
    this.#deliverer = new Deliverer(log);
  }

  /** Sends until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    // Bound to this place: what a plugin has uploaded is sent in nobody's name but the runtime's.
    this.#outbox.onAccepted(AsyncResource.bind(() => this.#wake()));
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
    const names = new Set<string>();
    for (const { store } of this.#outbox.waiting()) names.add(store);
    for (const name of names) {
      const line = this.#lines.get(name) ?? new Line(name, this.#clock);
      this.#lines.set(name, line);
      line.bell.ring();
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
    while (!signal.aborted) {
      const now = this.#clock.elapsed();
      if (line.notBefore > now) {
        await this.#clock.sleep(line.notBefore - now, signal).catch(() => undefined);
        continue;
      }
      const next = line.next(this.#outbox.waiting(), now);
      if (next === undefined) return;
      if (typeof next === "number") await line.bell.wait(next - now, signal);
      else await this.#sendOne(name, line, next, signal);
    }
  }

  async #sendOne(name: string, line: Line, item: OutboxItem, signal: AbortSignal): Promise<void> {
    const begun = this.#clock.elapsed();
    try {
      await this.#outbox.flush(item);
    } catch (thrown) {
      if (!signal.aborted) this.#keepBack(line, item, thrown);
      return;
    }
    try {
      const bytes = await this.#read(item);
      // Dropped or overtaken meanwhile.
      if (!this.#outbox.has(item)) return;
      if (bytes === undefined)
        this.#log.error("the bytes of a waiting upload are gone or changed; it is given up", { key: item.key });
      else await this.#deliverer.deliver(this.#stores.get(name), item, bytes, signal);
      line.failures = 0;
      line.forget(item);
      await this.#settle(item);
      if (bytes === undefined) return this.#tellEnd(item, { error: "its bytes are gone or changed" });
      this.#reachability.answered(name);
      this.#events.tell("delivered", { store: name, key: item.key });
      this.#tellEnd(item, { ms: Math.round(this.#clock.elapsed() - begun) });
    } catch (thrown) {
      if (!signal.aborted) await this.#recordFailure(name, line, item, thrown);
    }
  }

  /** The store was not even asked. A full disk keeps single items back, and the others may make room; else nothing is safe to send. */
  #keepBack(line: Line, item: OutboxItem, thrown: unknown): void {
    const wait = isDiskFull(thrown) ? line.waitOf(item) : line;
    this.#postpone(wait);
    if (wait.failures > 1) return;
    const message = "an upload waits for the journal, without which nothing leaves; it is tried again";
    this.#log.warn(`${message}: ${reasonOf(thrown)}`, { store: item.store, key: item.key });
  }

  /** A disk that does not take it down is no fault of the store: the next record that it takes says it too. */
  async #settle(item: OutboxItem): Promise<void> {
    try {
      await this.#outbox.settle(item);
    } catch (thrown) {
      this.#log.debug(`the end of an upload could not be noted: ${reasonOf(thrown)}`, { key: item.key });
    }
  }

  /** A file that cannot be read is the trouble of its item alone. */
  async #read(item: OutboxItem): Promise<Uint8Array | undefined> {
    try {
      return await this.#outbox.read(item);
    } catch (thrown) {
      const reason = `the bytes of ${item.key} cannot be read: ${reasonOf(thrown)}`;
      throw new StoreError("denied", reason, { retry: "never", cause: thrown });
    }
  }

  async #recordFailure(name: string, line: Line, item: OutboxItem, thrown: unknown): Promise<void> {
    const reason = reasonOf(thrown);
    const isRefused = thrown instanceof StoreError && thrown.retry === "never";
    if (isRefused && item.kind === "upload" && hopeless.includes(thrown.code)) {
      this.#log.error(`an upload to ${name} can never succeed and is given up: ${reason}`, {
        store: name,
        key: item.key,
      });
      line.forget(item);
      await this.#settle(item);
      return this.#tellEnd(item, { error: reason });
    }
    const wait = isRefused ? line.waitOf(item) : line;
    this.#postpone(wait, thrown instanceof StoreError ? thrown.retryAfterMs : undefined);
    const fields = { store: name, key: item.key, tries: wait.failures, waiting: this.#outbox.depth };
    if (isRefused) {
      if (wait.failures === 1) this.#log.warn(`store ${name} refuses an upload; it is tried again: ${reason}`, fields);
      return;
    }
    this.#reachability.failed(name, reason);
    this.#log.debug(`an upload to ${name} failed: ${reason}`, fields);
  }

  #tellEnd({ store, key, size }: OutboxItem, more: { readonly ms: number } | { readonly error: string }): void {
    this.#events.tell("transfer", { direction: "up", store, key, bytes: size, ...more });
  }

  #postpone(wait: Wait, askedMs = 0): void {
    wait.failures += 1;
    const ms = backoffMs(wait.failures, this.#random, firstWaitMs, longestWaitMs);
    wait.notBefore = this.#clock.elapsed() + Math.max(ms, Math.min(askedMs, longestWaitMs));
  }
}
