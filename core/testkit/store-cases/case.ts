import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Body, CapabilityName, Driver, ObjectInfo, StoreErrorCode, WriteOperation } from "../../plugin/driver.ts";
import { StoreError } from "../../plugin/driver.ts";

/** One thing that a store must do, as plain data for any test runner. `run` rejects when it does not. */
export interface StoreCase {
  /** Stays the same from version to version: `create-only`. */
  readonly id: string;
  /** Reads after "the store": `keeps a body of 1 byte`. */
  readonly title: string;
  /** Only for a store that declares all of these. */
  readonly needs: readonly CapabilityName[];
  /** Only for a store that declares none of these. */
  readonly lacks: readonly CapabilityName[];
  /** Milliseconds in which a store in reach of a network is done with it; longer is a fault. */
  readonly limitMs: number;
  /**
   * Opens a driver, some cases several on the same objects, works below a random prefix of its own, removes what it wrote, closes
   * the drivers.
   */
  run(open: () => Promise<Driver>): Promise<void>;
}

/** What a case works with. */
export interface Place {
  readonly driver: Driver;
  /** The case's own prefix, with its `/`. */
  readonly prefix: string;
  /** Never aborts. */
  readonly signal: AbortSignal;
  /** A key below the prefix. */
  key(name: string): string;
  write(name: string, body: Body | string, op?: Partial<WriteOperation>): Promise<ObjectInfo>;
  /** The whole object. Fails when it is missing. */
  read(name: string): Promise<Uint8Array>;
  /** Keys below `prefix` without it, as listed. */
  list(below?: string, after?: string): Promise<string[]>;
  /** The same prefix through one more driver, which is closed at the end. */
  again(): Promise<Place>;
}

/** What a case is before it has a random prefix. */
export interface CaseDraft {
  readonly id: string;
  readonly title: string;
  readonly needs?: readonly CapabilityName[];
  readonly lacks?: readonly CapabilityName[];
  /** 60,000 without it. */
  readonly limitMs?: number;
  check(place: Place): Promise<void>;
}

function placeIn(driver: Driver, prefix: string, open: () => Promise<Driver>): Place {
  const { signal } = new AbortController();
  // Many operations at a time wait on it.
  setMaxListeners(0, signal);
  const place: Place = {
    driver,
    prefix,
    signal,
    key: (name) => `${prefix}${name}`,
    write: (name, body, op = {}) =>
      driver.write(place.key(name), typeof body === "string" ? Buffer.from(body) : body, { signal, ...op }),
    read: async (name) => {
      const answer = await driver.read(place.key(name), { signal });
      assert.equal(answer.status, "ok", `${name} is there`);
      return answer.status === "ok" ? collect(answer.body) : new Uint8Array();
    },
    list: async (below = "", after) => {
      const op = after === undefined ? { signal } : { signal, after: place.key(after) };
      const keys: string[] = [];
      for await (const info of driver.list(place.key(below), op)) keys.push(info.key.slice(prefix.length));
      return keys;
    },
    again: async () => placeIn(await open(), prefix, open),
  };
  return place;
}

/** Gives a draft its prefix and its cleaning up. `name` gives a new prefix with every call. */
export function finishCase(draft: CaseDraft, name: () => string): StoreCase {
  return {
    id: draft.id,
    title: draft.title,
    needs: draft.needs ?? [],
    lacks: draft.lacks ?? [],
    limitMs: draft.limitMs ?? 60_000,
    run: async (open) => {
      const drivers: Driver[] = [];
      const openNext = async () => {
        const driver = await open();
        drivers.push(driver);
        return driver;
      };
      const driver = await openNext();
      const place = placeIn(driver, `${name()}/`, openNext);
      try {
        await draft.check(place);
      } finally {
        const { signal } = place;
        await inParallel(await place.list(), (key) => driver.remove(place.key(key), { signal }));
        for (const opened of drivers) await opened.close?.();
      }
    },
  };
}

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A body that is read while it is sent, in chunks that fit nothing, and can be read again. */
export function makeBody(bytes: Uint8Array): Exclude<Body, Uint8Array> {
  return {
    size: bytes.byteLength,
    async *open(from, to) {
      const part = bytes.subarray(from, Math.min(to, bytes.byteLength));
      for (let at = 0; at < part.byteLength; at += 10_007) yield part.subarray(at, at + 10_007);
    },
  };
}

/** Bytes that differ with `seed` and have no short period, so that a misplaced or repeated chunk shows. */
export function makeBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** MD5 in lower-case hexadecimal. */
export function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** Runs `work` for each item, eight at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** The `StoreError` that the promise must reject with. */
export async function failure(promise: Promise<unknown>, code: StoreErrorCode): Promise<StoreError> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof StoreError, `expected a StoreError "${code}", found ${String(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  return thrown;
}

/** Equal bytes; says where they differ instead of printing megabytes. */
export function assertSame(found: Uint8Array, expected: Uint8Array): void {
  assert.equal(found.byteLength, expected.byteLength, "number of bytes");
  if (Buffer.compare(found, expected) === 0) return;
  assert.fail(`bytes differ at ${found.findIndex((byte, index) => byte !== expected[index])}`);
}
