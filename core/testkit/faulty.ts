import { Readable } from "node:stream";
import {
  type Driver,
  type ListOperation,
  type ObjectInfo,
  type ReadAnswer,
  type RetryClass,
  StoreError,
  type StoreErrorCode,
} from "../plugin/driver.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { type AroundRequest, aroundMultipart, type MultipartRequest } from "../store/layers/relay.ts";

/** A request that can be struck. */
export type FaultyOperation = "head" | "read" | "write" | "list" | "remove" | MultipartRequest;

/** What goes wrong, and where. Members can be combined. */
export interface Fault {
  /** Every operation without it. */
  readonly on?: FaultyOperation | readonly FaultyOperation[];
  /** Every key without it; for a listing its prefix. */
  readonly key?: string | RegExp;
  /** How many requests it strikes; 1 without it. */
  readonly times?: number;
  /** Milliseconds that pass before anything else is done. */
  readonly delayMs?: number;
  /** The request fails without having reached the store. */
  readonly fail?: {
    /** What it fails as. */
    readonly code: StoreErrorCode;
    /** That of the code without it. */
    readonly retry?: RetryClass;
    /** Milliseconds that the store asks to wait. */
    readonly retryAfterMs?: number;
  };
  /** The request is carried out, its answer never comes: it fails as "unavailable", for a write with unknown outcome. */
  readonly loseAnswer?: boolean;
  /** The body ends after so many bytes as if it were whole. */
  readonly truncateAt?: number;
  /** The body breaks off with a connection error after so many bytes. */
  readonly breakAt?: number;
  /** The listing fails as "unavailable" after so many objects. */
  readonly breakAfterObjects?: number;
}

/** What goes wrong, in order. */
export interface FaultPlan {
  /** Which `delayMs` waits for. */
  readonly clock: Clock;
  /** Each request takes the first fault that fits it and is not used up. */
  readonly script: readonly Fault[];
}

/** A driver that also tells what was asked of it, in order, faults included. */
export interface FaultyDriver extends Driver {
  /** Oldest first. */
  readonly requests: readonly {
    /** What was asked. */
    readonly operation: FaultyOperation;
    /** Of which key; for a listing its prefix. */
    readonly key: string;
    /** Whether a fault of the plan met it. */
    readonly struck: boolean;
  }[];
  /** More faults, after those that are planned already. */
  add(...faults: readonly Fault[]): void;
}

function fits(fault: Fault, operation: FaultyOperation, key: string): boolean {
  const { on, key: pattern } = fault;
  if (on !== undefined && on !== operation && !on.includes(operation)) return false;
  if (pattern === undefined) return true;
  return typeof pattern === "string" ? pattern === key : pattern.test(key);
}

/** A layer that lets requests fail as the plan says; everything else goes through. */
export function faultyDriver(inner: Driver, plan: FaultPlan): FaultyDriver {
  const left = plan.script.map((fault) => ({ fault, times: fault.times ?? 1 }));
  const requests: { operation: FaultyOperation; key: string; struck: boolean }[] = [];

  async function strike(operation: FaultyOperation, key: string, signal: AbortSignal): Promise<Fault> {
    const entry = left.find(({ fault, times }) => times > 0 && fits(fault, operation, key));
    requests.push({ operation, key, struck: entry !== undefined });
    if (entry === undefined) return {};
    entry.times--;
    const { delayMs, fail } = entry.fault;
    if (delayMs !== undefined) {
      await plan.clock.sleep(delayMs, signal).catch(() => {
        throw new StoreError("aborted", `${operation} ${key} was given up: its signal aborted`);
      });
    }
    if (fail !== undefined) throw new StoreError(fail.code, `${operation} ${key}: failed as planned`, fail);
    return entry.fault;
  }

  async function pass<T>(operation: FaultyOperation, key: string, signal: AbortSignal, work: () => Promise<T>) {
    const { loseAnswer } = await strike(operation, key, signal);
    const answer = await work();
    if (loseAnswer !== true) return answer;
    const retry = /^(head|read|list)/.test(operation) ? "safe" : "unknown-outcome";
    throw new StoreError("unavailable", `${operation} ${key}: the answer was lost as planned`, { retry });
  }

  async function read(key: string, ask: () => Promise<ReadAnswer>, signal: AbortSignal): Promise<ReadAnswer> {
    const { truncateAt, breakAt, loseAnswer } = await strike("read", key, signal);
    const answer = await ask();
    if (answer.status !== "ok") return answer;
    if (loseAnswer === true) {
      answer.body.destroy();
      throw new StoreError("unavailable", `read ${key}: the answer was lost as planned`);
    }
    const limit = truncateAt ?? breakAt;
    if (limit === undefined) return answer;
    return { ...answer, body: shorten(answer.body, limit, breakAt !== undefined) };
  }

  async function* list(prefix: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
    const { breakAfterObjects } = await strike("list", prefix, op.signal);
    let count = 0;
    for await (const info of inner.list(prefix, op)) {
      if (count++ === breakAfterObjects) {
        throw new StoreError("unavailable", `list ${prefix}: broke off as planned after ${breakAfterObjects} objects`);
      }
      yield info;
    }
  }

  const around: AroundRequest = (operation, key, op, work) => pass(operation, key, op.signal, () => work(op));
  const watch = inner.watch?.bind(inner);
  return {
    requests,
    add: (...faults) => void left.push(...faults.map((fault) => ({ fault, times: fault.times ?? 1 }))),
    head: (key, op) => pass("head", key, op.signal, () => inner.head(key, op)),
    read: (key, op) => read(key, () => inner.read(key, op), op.signal),
    write: (key, body, op) => pass("write", key, op.signal, () => inner.write(key, body, op)),
    remove: (key, op) => pass("remove", key, op.signal, () => inner.remove(key, op)),
    list,
    ...(inner.multipart === undefined ? {} : { multipart: aroundMultipart(inner.multipart, around) }),
    ...(watch === undefined ? {} : { watch }),
    close: () => inner.close?.(),
  };
}

function shorten(body: Readable, limit: number, breaks: boolean): Readable {
  async function* first(): AsyncGenerator<Uint8Array> {
    let count = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      yield chunk.subarray(0, limit - count);
      count += chunk.byteLength;
      if (count >= limit) break;
    }
    if (breaks) throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
  }
  return Readable.from(first(), { objectMode: false });
}
