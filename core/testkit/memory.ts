import { Readable } from "node:stream";
import { z } from "zod";
import { defineStore, type StorePlugin } from "../plugin/contract.ts";
import {
  type Body,
  type Capabilities,
  type Driver,
  type ObjectInfo,
  type ReadAnswer,
  type ReadOperation,
  readBody,
  StoreError,
  sizeOf,
  type WriteOperation,
} from "../plugin/driver.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { CLOCK } from "../plugin/tokens.ts";
import { compareKeys } from "../store/keys.ts";
import { checkAborted, type MemoryUpload, memoryMultipart } from "./memory-parts.ts";
import { md5Of } from "./store-cases/case.ts";

/** An object in memory. */
export interface MemoryObject {
  /** What a store says of it. */
  readonly info: ObjectInfo;
  /** Its content. */
  readonly bytes: Uint8Array;
}

/** What one named memory holds. Hand the same one to two drivers to play two parties. */
export class Memory {
  /** By key, for a test to look into and to change. */
  readonly objects = new Map<string, MemoryObject>();
  /** Called with each key that changes. */
  readonly watchers = new Set<(key: string) => void>();
  /** Unfinished ones, by their names. */
  readonly uploads = new Map<string, MemoryUpload>();
  /** Writes so far; the newest one's etag and version. */
  writes = 0;

  /** Tells the watchers: for a test that changes `objects` itself. */
  changed(key: string): void {
    for (const watcher of this.watchers) watcher(key);
  }
}

/** Everything a backend can declare. */
export const memoryCapabilities: Capabilities = {
  conditionalRead: true,
  createOnly: true,
  compareAndSwap: true,
  ranges: true,
  metadata: true,
  checksums: true,
  multipart: true,
  conditionalMultipart: true,
  watch: true,
};

/** Bytes in one chunk of a body. */
const chunkSize = 64 * 1024;

/** A store in memory. It checks no capabilities but answers as one that has them all. */
export function memoryDriver(memory: Memory, clock: Clock): Driver {
  async function read(key: string, op: ReadOperation): Promise<ReadAnswer> {
    checkAborted(op.signal, `read ${key}`);
    const object = memory.objects.get(key);
    if (object === undefined) return { status: "missing" };
    if (op.ifMatch !== undefined && op.ifMatch !== object.info.etag) return { status: "changed" };
    if (op.ifNoneMatch === object.info.etag) return { status: "unchanged" };
    const last = object.bytes.byteLength - 1;
    const range = { start: op.range?.start ?? 0, end: Math.min(op.range?.end ?? last, last) };
    if (op.range !== undefined && range.start > last) {
      const found = `the range begins at ${range.start}, the object has ${last + 1} bytes`;
      throw new StoreError("unsupported", `read ${key}: ${found}; begin below its size`);
    }
    const body = Readable.from(cut(object.bytes.subarray(range.start, range.end + 1)), { objectMode: false });
    const giveUp = () => body.destroy(new StoreError("aborted", `read ${key} was given up: its signal aborted`));
    op.signal.addEventListener("abort", giveUp, { once: true });
    body.once("close", () => op.signal.removeEventListener("abort", giveUp));
    return { status: "ok", info: object.info, range, body };
  }

  function checkCondition(key: string, when: WriteOperation["when"]): void {
    const found = memory.objects.get(key)?.info.etag;
    const holds = when === undefined || ("absent" in when ? found === undefined : found === when.match);
    if (holds) return;
    const expected = "absent" in when ? "no such object" : `etag ${when.match}`;
    throw new StoreError("conflict", `write ${key}: found ${found ?? "no object"}; expected ${expected}`);
  }

  async function receive(what: string, body: Body, op: Pick<WriteOperation, "signal" | "md5">): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    checkAborted(op.signal, what);
    for await (const chunk of readBody(body)) {
      checkAborted(op.signal, what);
      chunks.push(chunk);
    }
    checkAborted(op.signal, what);
    const bytes = Buffer.concat(chunks);
    if (bytes.byteLength !== sizeOf(body)) {
      throw new StoreError("corrupt", `${what}: the body gave ${bytes.byteLength} of ${sizeOf(body)} bytes`);
    }
    if (op.md5 !== undefined && op.md5 !== md5Of(bytes)) {
      throw new StoreError("corrupt", `${what}: the body's MD5 is ${md5Of(bytes)}; expected ${op.md5}`);
    }
    return bytes;
  }

  function put(key: string, bytes: Buffer, op: Pick<WriteOperation, "when" | "contentType" | "meta">): ObjectInfo {
    checkCondition(key, op.when);
    const version = String(++memory.writes);
    const { contentType, meta } = op;
    const made = { key, size: bytes.byteLength, etag: `"${version}"`, version, modifiedAt: clock.now() };
    const info: ObjectInfo = { ...made, contentType, meta };
    memory.objects.set(key, { info, bytes });
    memory.changed(key);
    return info;
  }

  return {
    read,
    multipart: memoryMultipart(memory, clock, { receive, put }),
    head: async (key, op) => {
      checkAborted(op.signal, `head ${key}`);
      return memory.objects.get(key)?.info ?? "missing";
    },
    write: async (key, body, op) => put(key, await receive(`write ${key}`, body, op), op),
    async *list(prefix, op) {
      checkAborted(op.signal, `list ${prefix}`);
      const { after } = op;
      for (const key of [...memory.objects.keys()].sort(compareKeys)) {
        const isAsked = key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0);
        const object = isAsked ? memory.objects.get(key) : undefined;
        if (object === undefined) continue;
        checkAborted(op.signal, `list ${prefix}`);
        yield object.info;
      }
    },
    remove: async (key, op) => {
      checkAborted(op.signal, `remove ${key}`);
      if (memory.objects.delete(key)) memory.changed(key);
    },
    watch: (prefix, op) => watchMemory(memory, prefix, op.signal),
  };
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  // Copies, so that a reader that changes its chunk does not change the object.
  for (let from = 0; from < bytes.byteLength; from += chunkSize) yield bytes.slice(from, from + chunkSize);
}

async function* watchMemory(memory: Memory, prefix: string, signal: AbortSignal): AsyncGenerator<void> {
  let changed = true;
  let wake = () => {};
  const note = (key: string) => {
    if (!key.startsWith(prefix)) return;
    changed = true;
    wake();
  };
  const end = () => wake();
  memory.watchers.add(note);
  signal.addEventListener("abort", end, { once: true });
  try {
    while (!signal.aborted) {
      if (changed) {
        changed = false;
        yield;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    memory.watchers.delete(note);
    signal.removeEventListener("abort", end);
  }
}

const config = z.strictObject({ name: z.string().min(1).default("memory").describe("stores of one name share it") });

/** The backend `memory`, whose objects a test can look into. */
export type MemoryStore = StorePlugin<typeof config> & {
  /** By the `name` of the stores' entries. */
  readonly memories: Map<string, Memory>;
};

/**
 * A store backend `memory`, new with every call: the stores that one such plugin opens under the same `name` see the same
 * objects; `memories` holds them for a test to look into.
 */
export function memoryStore(): MemoryStore {
  const memories = new Map<string, Memory>();
  const plugin = defineStore({
    api: 1,
    backend: "memory",
    about: "Objects in memory, for tests.",
    config,
    can: memoryCapabilities,
    open(context) {
      const { name } = context.config;
      const memory = memories.get(name) ?? new Memory();
      memories.set(name, memory);
      return memoryDriver(memory, context.get(CLOCK));
    },
  });
  // Beside the definition and not of it: a device refuses members that mean nothing.
  const store = { ...plugin };
  Object.defineProperty(store, "memories", { value: memories });
  return Object.freeze(store) as MemoryStore; // what was defined right above
}
