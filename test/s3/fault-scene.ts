import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Driver, StoreError } from "../../core/plugin/driver.ts";
import type { Clock, Store } from "../../core/plugin/surroundings.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { claimFile } from "../../core/ports/owner.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { KnownCapabilities } from "../../core/store/known.ts";
import { openStore, type SharedTraffic, shareTraffic } from "../../core/store/store.ts";
import type { DownloadParts } from "../../core/transfer/download-file.ts";
import { openBucket } from "../../plugins/s3/driver.ts";
import s3 from "../../plugins/s3/index.ts";
import { readServer } from "./server.ts";

/** Tries of one call; the product's four would only take longer. */
export const attempts = 2;
/** Waits are as short as they can be; what a server asks for is waited for. */
const random = { ...nodeRandom(), float: () => 0 };
// Ceph 16 ignores conditions where it puts parts together.
const can = { ...s3.can, conditionalMultipart: false };

const { signal: lasting } = new AbortController();
/** Nothing is given up here. */
export const signal: AbortSignal = lasting;

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Other bytes for each seed. */
export function makeBytes(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = seed; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export interface OpenedBucket {
  readonly store: Store;
  readonly driver: Driver;
  readonly traffic: SharedTraffic;
}

export function openStoreAt(
  endpoint: string,
  bucket: string,
  prefix: string,
  requestMs: number,
  clock: Clock,
): OpenedBucket {
  const { region, keys } = readServer();
  const driver = openBucket({ bucket, region, endpoint, keys }, clock);
  const traffic = shareTraffic(clock, requestMs);
  const around = { clock, random, log: silentLog, attempts, requestMs, shared: traffic };
  const about = { name: "contents", backend: "s3", can: new KnownCapabilities(can), driver, prefix };
  return { driver, traffic, store: openStore({ ...about, ...around }) };
}

/** What an operation works with: the store behind the line, the same without it, and a folder. */
export interface Scene {
  readonly store: Store;
  readonly direct: Store;
  /** Read by many cells at once, and changed by none. */
  readonly common: Store;
  readonly parts: DownloadParts;
  readonly folder: string;
}

/** Opens a folder for `work` and removes it. `clock` is what waits for a next try. */
export async function withFolder<T>(
  clock: Clock,
  work: (folder: string, parts: DownloadParts) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "rustiq-faults-"));
  try {
    return await work(folder, { files: nodeFiles(), random, clock, reservedBytes: () => 0, claim: claimFile });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A clock that does something before each wait. */
export function clockWith(beforeSleep: () => Promise<void>): Clock {
  const clock = nodeClock();
  return {
    ...clock,
    sleep: async (ms, signal) => {
      await beforeSleep();
      return clock.sleep(ms, signal);
    },
  };
}

/** The names and digests of what is published in a folder; whatever else lies there must be what can be gone on with. */
export async function readPublished(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const names = await readdir(folder);
  for (const name of names) {
    const isNoted = names.includes(name.replace(/\.part$/, ".notes"));
    if (/^\.rustiq-[0-9a-f]{32}\.(notes|upload)$/.test(name) || (/^\.rustiq-[0-9a-f]{32}\.part$/.test(name) && isNoted))
      continue;
    if (name === ".rustiq-mirror.jsonl") continue;
    found.set(name, sha256(await readFile(join(folder, name))));
  }
  return found;
}

/** What a `StoreError` lies under, such as the error of a whole mirror. */
export function causeOf(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  if (thrown instanceof Error && thrown.cause !== undefined) return causeOf(thrown.cause);
  throw thrown;
}

/** The object's digest as it is there; undefined when it is not. */
export async function digestOf(store: Store, key: string): Promise<string | undefined> {
  const answer = await store.read(key, { signal });
  return answer.status === "ok" ? sha256(Buffer.concat(await answer.body.toArray())) : undefined;
}
