import { setMaxListeners } from "node:events";
import { type ReadAnswer, StoreError } from "../../plugin/driver.ts";
import type { Clock, Random, Store } from "../../plugin/surroundings.ts";
import { backoffMs } from "../backoff.ts";
import { BlockStream } from "./block-stream.ts";
import type { PartFile } from "./part.ts";
import type { RunningDigest } from "./running-digest.ts";

export type OpenAnswer = Extract<ReadAnswer, { status: "ok" }>;

/** Requests of one download that run at once. */
const mostParallel = 4;
/** Bytes of one request: at least so many, and so many that each of the parallel ones has a few. */
export const smallestRequest = 8 * 1024 * 1024;
const largestRequest = 64 * 1024 * 1024;
/** Tries in a row that bring no byte. */
export const mostTries = 5;
const firstWaitMs = 200;
const longestWaitMs = 20_000;
/** Milliseconds after which what has come is made safe from a power cut. */
const syncEveryMs = 5000;

/** Blocks that one request asks for; the last one is excluded. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

export interface FetchParts {
  readonly clock: Clock;
  readonly random: Random;
}

/** Fetches the missing blocks of a part by parallel ranges, all of one version; a body that breaks is gone on with where it broke. */
export class Fetch {
  readonly #parts: FetchParts;
  readonly #store: Store;
  readonly #part: PartFile;
  readonly #digest: RunningDigest;
  readonly #onBytes: (count: number) => void;
  readonly #requestBlocks: number;
  #next = 0;
  #syncedAt: number;

  constructor(
    parts: FetchParts,
    store: Store,
    part: PartFile,
    digest: RunningDigest,
    onBytes: (count: number) => void,
  ) {
    this.#parts = parts;
    this.#store = store;
    this.#part = part;
    this.#digest = digest;
    this.#onBytes = onBytes;
    this.#syncedAt = parts.clock.elapsed();
    const share = Math.ceil(part.version.size / (mostParallel * 4));
    const bytes = Math.min(Math.max(share, smallestRequest), largestRequest);
    this.#requestBlocks = Math.max(1, Math.floor(bytes / part.blockBytes));
  }

  /** The next blocks that nobody fetches yet, at the most so many; undefined when there are none. */
  take(most = this.#requestBlocks): Run | undefined {
    const part = this.#part;
    while (this.#next < part.count && part.isDone(this.#next)) this.#next += 1;
    if (this.#next === part.count) return undefined;
    const from = this.#next;
    while (this.#next < part.count && this.#next - from < most && !part.isDone(this.#next)) this.#next += 1;
    return { from, to: this.#next };
  }

  /** One request for what is missing of a run from byte `at`. Throws `StoreError`. */
  async request(run: Run, at: number, signal: AbortSignal): Promise<OpenAnswer> {
    const { key, etag, size } = this.#part.version;
    const range = { start: at, end: this.#part.endOf(run.to - 1) - 1 };
    const pin = this.#store.can.conditionalRead ? { ifMatch: etag } : {};
    const answer = await this.#store.read(key, { signal, range, ...pin });
    if (answer.status !== "ok") throw changedError(key);
    const { info } = answer;
    if (info.etag !== etag || info.size !== size) {
      answer.body.destroy();
      throw changedError(key);
    }
    return answer;
  }

  /** Fetches all that is missing. `first` is an answer that is there already, for this run. Rejects with the first error of any request. */
  async run(first: { readonly run: Run; readonly answer: OpenAnswer } | undefined, outer: AbortSignal): Promise<void> {
    const controller = new AbortController();
    const follow = () => controller.abort(outer.reason);
    if (outer.aborted) follow();
    outer.addEventListener("abort", follow, { once: true });
    const { signal } = controller;
    // Each request waits on it in several places.
    setMaxListeners(0, signal);
    const work = async (begun: typeof first) => {
      if (begun !== undefined) await this.#fetchRun(begun.run, begun.answer, signal);
      for (let run = this.take(); run !== undefined; run = this.take()) await this.#fetchRun(run, undefined, signal);
    };
    let failure: { readonly reason: unknown } | undefined;
    const workers = Array.from({ length: mostParallel }, async (_, index) => {
      try {
        await work(index === 0 ? first : undefined);
      } catch (thrown) {
        failure ??= { reason: thrown };
        controller.abort(thrown);
      }
    });
    await Promise.all(workers);
    outer.removeEventListener("abort", follow);
    if (failure !== undefined) throw failure.reason;
  }

  async #fetchRun(run: Run, begun: OpenAnswer | undefined, signal: AbortSignal): Promise<void> {
    const part = this.#part;
    const stream = new BlockStream(part, run, (block, bytes) => this.#digest.offer(block, bytes));
    let answer = begun;
    for (let failures = 0; !stream.isComplete; ) {
      const before = stream.at;
      try {
        answer ??= await this.request(run, stream.at, signal);
        await this.#readBody(answer, stream, signal);
      } catch (thrown) {
        if (stream.at > before) failures = 0;
        failures += 1;
        if (signal.aborted) throw signal.reason;
        // What a store does is a StoreError; anything else is the disk's.
        const isRetried = thrown instanceof StoreError && thrown.retry === "safe" && thrown.code !== "conflict";
        if (!isRetried || failures >= mostTries) throw thrown;
        const { clock, random } = this.#parts;
        const waitMs = backoffMs(failures, random, firstWaitMs, longestWaitMs);
        await clock.sleep(Math.max(waitMs, Math.min(thrown.retryAfterMs ?? 0, longestWaitMs)), signal);
      }
      answer = undefined;
    }
  }

  async #readBody({ body, range }: OpenAnswer, stream: BlockStream, signal: AbortSignal): Promise<void> {
    const { key } = this.#part.version;
    try {
      if (range.start !== stream.at)
        throw new StoreError(
          "corrupt",
          `${key}: asked for bytes from ${stream.at}, the store sends from ${range.start}`,
        );
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        signal.throwIfAborted();
        if (stream.isComplete) throw new StoreError("corrupt", `${key} sent more bytes than were asked for`);
        await stream.take(chunk);
        this.#onBytes(chunk.byteLength);
        await this.#syncNowAndThen();
      }
      if (!stream.isComplete) throw new StoreError("unavailable", `${key}: the body ended at byte ${stream.at}`);
    } finally {
      body.destroy();
    }
  }

  async #syncNowAndThen(): Promise<void> {
    const now = this.#parts.clock.elapsed();
    if (now - this.#syncedAt < syncEveryMs) return;
    this.#syncedAt = now;
    await this.#part.sync();
  }
}

function changedError(key: string): StoreError {
  return new StoreError("conflict", `${key} changed while it was fetched`, { retry: "safe" });
}
