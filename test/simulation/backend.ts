import { Readable } from "node:stream";
import { z } from "zod";
import { defineStore, type StorePlugin } from "../../core/plugin/contract.ts";
import {
  type Body,
  type Driver,
  noCapabilities,
  type ReadAnswer,
  type ReadOperation,
  StoreError,
  type WriteOperation,
} from "../../core/plugin/driver.ts";
import { CLOCK } from "../../core/plugin/tokens.ts";
import type { Bucket, Stored } from "./bucket.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import type { CreateOnce } from "./plan.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { Misfortune, Weather } from "./weather.ts";

/** Milliseconds that two looks at a folder-like store are apart. */
const settleMs = 100;

/** Everything that a simulated server is made of. */
export interface Server {
  readonly bucket: Bucket;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly dice: Dice;
  readonly createOnce: CreateOnce;
  readonly isFolder: boolean;
  /** The owner of what happens when the sender is long gone. */
  readonly network: Owner;
  /** Whether the sender stood still while another process took over. */
  readonly isZombie: (sender: Owner) => boolean;
  /** Does what a request asks for that its sender has given up, has sent before, or should no longer send. */
  readonly landLate: <T>(land: () => T) => T;
}

/** One schema for all worlds: making one takes longer than many steps. */
export function createStoreSchema() {
  return z.strictObject({});
}

function unavailable(what: string, retry: "safe" | "unknown-outcome"): StoreError {
  return new StoreError("unavailable", `${what}: failed as planned`, { retry });
}

function asBytes(body: Body): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw new StoreError("unsupported", "the simulated server takes bytes in memory only");
}

/** The requests of one process to one server: each is a step, and may meet with misfortune. */
class SimulatedDriver implements Driver {
  readonly #server: Server;
  readonly #sender: Owner;

  constructor(server: Server, sender: Owner) {
    this.#server = server;
    this.#sender = sender;
  }

  head(key: string, op: { readonly signal: AbortSignal }) {
    return this.#ask("head", key, op.signal, (misfortune) => this.#find(key, misfortune)?.info ?? ("missing" as const));
  }

  read(key: string, op: ReadOperation): Promise<ReadAnswer> {
    return this.#ask("read", key, op.signal, (misfortune): ReadAnswer => {
      const found = this.#find(key, misfortune);
      if (found === undefined) return { status: "missing" };
      const { info, bytes } = found;
      if (op.ifMatch !== undefined && op.ifMatch !== info.etag) return { status: "changed" };
      if (op.ifNoneMatch === info.etag) return { status: "unchanged" };
      const range = { start: op.range?.start ?? 0, end: Math.min(op.range?.end ?? info.size, info.size - 1) };
      const asked = bytes.subarray(range.start, range.end + 1);
      const { dice } = this.#server;
      const length = misfortune === undefined ? asked.byteLength : dice.below(asked.byteLength + 1);
      const isWhole = misfortune !== "truncated" && misfortune !== "broken";
      const body = isWhole ? Readable.from([asked]) : shorten(asked.subarray(0, length), misfortune === "broken");
      return { status: "ok", info, range, body };
    });
  }

  write(key: string, body: Body, op: WriteOperation) {
    const { bucket, createOnce } = this.#server;
    const bytes = asBytes(body);
    return this.#ask("write", key, op.signal, () => {
      const isRefused = op.when !== undefined && createOnce !== "ignored" && bucket.get(key) !== undefined;
      if (isRefused) throw new StoreError("conflict", `write ${key}: something is there`);
      return bucket.put(key, bytes).info;
    });
  }

  async *list(prefix: string, op: { readonly signal: AbortSignal; readonly after?: string | undefined }) {
    const { bucket } = this.#server;
    const { after = "" } = op;
    const keys = await this.#ask("list", prefix, op.signal, () =>
      bucket.keys().filter((key) => key.startsWith(prefix) && key > after),
    );
    for (const key of keys) {
      const found = bucket.get(key);
      if (found !== undefined) yield found.info;
    }
  }

  remove(key: string, op: { readonly signal: AbortSignal }): Promise<void> {
    return this.#ask("remove", key, op.signal, () => this.#server.bucket.remove(key));
  }

  #find(key: string, misfortune: Misfortune | undefined): Stored | undefined {
    const { bucket } = this.#server;
    return misfortune === "stale" ? bucket.getStale(key) : bucket.get(key);
  }

  async #ask<T>(
    operation: "head" | "read" | "write" | "list" | "remove",
    key: string,
    signal: AbortSignal,
    work: (misfortune: Misfortune | undefined) => T,
  ): Promise<T> {
    const { bucket, weather, scheduler, dice, landLate } = this.#server;
    const misfortune = weather.drawMisfortune();
    const what = `${operation} ${bucket.name}/${key}${misfortune === undefined ? "" : ` (${misfortune})`}`;
    const changes = operation === "write" || operation === "remove";
    const fails = changes ? "unknown-outcome" : "safe";
    const run = () => {
      // Whoever gave up does not hear of it; a request that was on its way may land all the same.
      if (signal.aborted) {
        if (operation === "write" && dice.chance(0.5)) landLate(() => work(undefined));
        throw new StoreError("aborted", `${what}: given up`);
      }
      if (misfortune === "refused") throw unavailable(what, "safe");
      if (misfortune === "throttled") {
        throw new StoreError("throttled", what, { retryAfterMs: dice.pick([0, 1000, 30_000]) });
      }
      if (misfortune !== "unknown") return this.#land(() => work(misfortune));
      if (dice.chance(0.5)) this.#land(() => work(undefined));
      throw unavailable(what, fails);
    };
    if (misfortune === "hung") {
      if (operation === "write" && dice.chance(0.5)) this.#landLater(work);
      return new Promise(() => undefined);
    }
    if (misfortune === "twice" && operation === "write") this.#landLater(work);
    return scheduler.perform(this.#sender, what, run, {
      ...(misfortune === "slow" ? { delayMs: dice.between(1, 20_000) } : {}),
      strike: () => {
        if (changes) this.#land(() => work(undefined));
      },
    });
  }

  /** Removals never land late: a server that took an object away after its sender's limit would take another one's. */
  #landLater(work: (misfortune: undefined) => unknown): void {
    const { scheduler, network, dice, landLate } = this.#server;
    scheduler.after(network, dice.between(1, 120_000), () => {
      try {
        landLate(() => work(undefined));
      } catch {
        // Refused, and nobody hears of it.
      }
    });
  }

  #land<T>(work: () => T): T {
    return this.#server.isZombie(this.#sender) ? this.#server.landLate(work) : work();
  }
}

function shorten(bytes: Uint8Array, breaks: boolean): Readable {
  return Readable.from(
    (function* () {
      yield bytes;
      if (breaks) throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
    })(),
  );
}

/** The backend of one bucket. */
export function createBackend(server: Server, config: ReturnType<typeof createStoreSchema>): StorePlugin {
  const { bucket, createOnce, isFolder } = server;
  return defineStore({
    api: 1,
    backend: bucket.name,
    about: "A simulated bucket.",
    config,
    can: {
      ...noCapabilities,
      conditionalRead: true,
      ranges: true,
      createOnly: createOnce !== "undeclared",
      ...(isFolder ? { settleMs } : {}),
    },
    open: (context) => new SimulatedDriver(server, (context.get(CLOCK) as SimulatedClock<Owner>).process),
  });
}
