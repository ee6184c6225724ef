import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Driver } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import type { Files } from "../../../core/ports/files.ts";
import { silentLog } from "../../../core/ports/log.ts";
import { nodeFiles } from "../../../core/ports/node-files.ts";
import { nodeRandom } from "../../../core/ports/random.ts";
import { openStore } from "../../../core/store/store.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../../core/testkit/memory.ts";
import type { DownloadParts } from "../../../core/transfer/download-file.ts";
import { mirrorDown } from "../../../core/transfer/mirror/down.ts";
import type { MirrorDownOptions, MirrorOptions } from "../../../core/transfer/mirror/outcome.ts";
import { mirrorUp } from "../../../core/transfer/mirror/up.ts";

type MirrorParts = { -readonly [Name in keyof DownloadParts]: DownloadParts[Name] };

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-mirror-"));
  made.push(folder);
  return folder;
}

/** The real file system without its waits for the disk: what is durable is tested elsewhere. */
function quickFiles(): Files {
  const files = nodeFiles();
  return {
    ...files,
    syncFolder: async () => undefined,
    open: async (path, mode) => {
      const file = await files.open(path, mode);
      return {
        size: () => file.size(),
        read: (at, length) => file.read(at, length),
        write: (at, bytes) => file.write(at, bytes),
        truncate: (size) => file.truncate(size),
        sync: async () => undefined,
        close: () => file.close(),
      };
    },
  };
}

/** A store in memory whose requests are counted, and a folder beside it. `failing` keys are denied. */
export function makeMirror(more: Partial<Files> = {}) {
  const [memory, clock, random] = [new Memory(), nodeClock(), nodeRandom()];
  const requests: string[] = [];
  const failing = new Set<string>();
  const inner = memoryDriver(memory, clock);
  const count = <T>(operation: string, key: string, work: () => T): T => {
    requests.push(`${operation} ${key}`);
    return work();
  };
  const driver: Driver = {
    ...inner,
    head: (key, op) => count("head", key, () => inner.head(key, op)),
    read: (key, op) => count("read", key, () => inner.read(failing.has(key) ? `no such ${key}` : key, op)),
    write: (key, body, op) => count("write", key, () => inner.write(key, body, op)),
    remove: (key, op) => count("remove", key, () => inner.remove(key, op)),
    list: (prefix, op) => count("list", prefix, () => inner.list(prefix, op)),
  };
  const around = { clock, random, log: silentLog };
  const can = memoryCapabilities;
  const store = openStore({ name: "contents", backend: "memory", can, driver, prefix: "", requestMs: 5000, ...around });
  const parts: MirrorParts = { files: { ...quickFiles(), ...more }, clock, random, reservedBytes: () => 0 };
  const folder = join(makeFolder(), "target");
  const signal = new AbortController().signal;
  let version = 0;
  const put = (key: string, text: string) => {
    const etag = `"put ${++version}"`;
    const bytes = Buffer.from(text);
    memory.objects.set(key, { info: { key, size: bytes.byteLength, etag, modifiedAt: version }, bytes });
  };
  return {
    folder,
    memory,
    requests,
    failing,
    parts,
    put,
    down: (options: Partial<MirrorDownOptions> = {}, into = folder) =>
      mirrorDown(parts, store, "p", into, { signal, ...options }),
    up: (options: Partial<MirrorOptions> = {}, from = folder) =>
      mirrorUp(parts, store, "p", from, { signal, ...options }),
    /** Keys that were read since the last call. */
    reads: () =>
      requests
        .splice(0)
        .filter((request) => request.startsWith("read "))
        .map((request) => request.slice("read p/".length))
        .sort(),
  };
}

/** Every file below a folder with its text, without the manifest. */
export function textsIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name !== ".rustiq-mirror.jsonl")
      found[path.slice(folder.length + 1)] = readFileSync(path, "utf8");
  }
  return found;
}
