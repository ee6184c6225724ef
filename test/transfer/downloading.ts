import { Memory, memoryCapabilities, memoryDriver } from "rustiq/testkit";
import type { Capabilities, Driver, ReadOperation } from "../../core/plugin/driver.ts";
import type { Store } from "../../core/plugin/surroundings.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import type { Files } from "../../core/ports/files.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { openStore } from "../../core/store/store.ts";
import type { DownloadParts } from "../../core/transfer/download-file.ts";

export const mebibyte = 1024 * 1024;

/** Waits are as short as they can be. */
const random = { ...nodeRandom(), float: () => 0 };

/** Bytes without a short period. */
export function makeObject(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed >>> 0;
  for (let at = 0; at + 4 <= size; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

export interface Requested {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly ifMatch: string | undefined;
  /** Bytes of its body that were sent. */
  sent: number;
}

/** A store in memory that notes what is read of it. `change` may put something else in the place of its driver's read. */
export function openNoted(
  change: (driver: Driver) => Partial<Driver> = () => ({}),
  can: Capabilities = memoryCapabilities,
): { readonly store: Store; readonly memory: Memory; readonly reads: Requested[]; readonly heads: string[] } {
  const memory = new Memory();
  const clock = nodeClock();
  const plain = memoryDriver(memory, clock);
  const driver: Driver = { ...plain, ...change(plain) };
  const reads: Requested[] = [];
  const heads: string[] = [];
  const noted: Driver = {
    ...driver,
    head: (key, op) => {
      heads.push(key);
      return driver.head(key, op);
    },
    read: async (key: string, op: ReadOperation) => {
      const noting: Requested = { start: op.range?.start, end: op.range?.end, ifMatch: op.ifMatch, sent: 0 };
      reads.push(noting);
      const answer = await driver.read(key, op);
      if (answer.status === "ok") {
        answer.body.on("data", (chunk: Uint8Array) => {
          noting.sent += chunk.byteLength;
        });
        answer.body.pause();
      }
      return answer;
    },
  };
  const store = openStore({
    name: "contents",
    backend: "memory",
    can,
    driver: noted,
    prefix: "",
    clock,
    random,
    log: silentLog,
    requestMs: 5000,
    attempts: 1,
  });
  return { store, memory, reads, heads };
}

/** What a download needs; paths are claimed in one set. */
export function downloadParts(files: Files, busy = new Set<string>()): DownloadParts {
  const claim = async (path: string) => {
    if (busy.has(path)) return undefined;
    busy.add(path);
    return async () => void busy.delete(path);
  };
  return { files, random: { ...random, hex: nodeRandom().hex }, clock: nodeClock(), reservedBytes: () => 0, claim };
}
