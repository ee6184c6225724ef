import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Memory, memoryCapabilities, memoryDriver, VirtualClock } from "rustiq/testkit";
import type { Capabilities, Driver } from "../../core/plugin/driver.ts";
import type { Store } from "../../core/plugin/surroundings.ts";
import type { Files, OpenFile } from "../../core/ports/files.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { aroundMultipart } from "../../core/store/layers/relay.ts";
import { openStore } from "../../core/store/store.ts";
import type { UploadParts } from "../../core/transfer/upload-file.ts";

/** Waits are as short as they can be. */
const random = { ...nodeRandom(), float: () => 0 };

/** The parts of the clock that pass by themselves: waits of retries are over at once. */
class QuickClock extends VirtualClock {
  override async sleep(_: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }
}

/** A place that outlives its processes: a bucket and a folder. */
export interface World {
  readonly memory: Memory;
  readonly clock: VirtualClock;
  readonly folder: string;
  readonly path: string;
  /** Of processes that stand still for ever. */
  readonly opened: OpenFile[];
}

export function makeWorld(bytes: Uint8Array): World {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-upload-"));
  const path = join(folder, "film.bin");
  writeFileSync(path, bytes);
  return { memory: new Memory(), clock: new QuickClock(Date.UTC(2030, 0, 1)), folder, path, opened: [] };
}

/** What somebody sees of unfinished uploads in the file's folder. */
export function notesIn({ folder }: World): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith(".rustiq-"));
}

/** Called before and after everything that a process does to the world; may hold it for ever, or throw. */
export type Hook = (what: string, when: "before" | "after") => Promise<void>;

const nothing: Hook = async () => undefined;

export interface Process {
  readonly store: Store;
  readonly parts: UploadParts;
  /** What was asked of the store, in order; parts with their number. */
  readonly asked: string[];
}

export interface ProcessOptions {
  readonly hook?: Hook;
  readonly can?: Capabilities;
  readonly attempts?: number;
  readonly change?: (driver: Driver) => Driver;
  readonly busy?: Set<string>;
}

/** A process that sends files. */
export function startProcess(world: World, options: ProcessOptions = {}): Process {
  const { hook = nothing, can = memoryCapabilities, attempts = 1, change = (same) => same } = options;
  const asked: string[] = [];
  const watch = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    asked.push(what);
    await hook(what, "before");
    const answer = await work();
    await hook(what, "after");
    return answer;
  };
  const inner = change(memoryDriver(world.memory, world.clock));
  const { multipart } = inner;
  const driver: Driver = {
    ...inner,
    head: (key, op) => watch("head", () => inner.head(key, op)),
    write: (key, body, op) => watch("write", () => inner.write(key, body, op)),
    ...(multipart === undefined
      ? {}
      : {
          multipart: {
            ...aroundMultipart(multipart, (operation, _, op, work) => watch(operation, () => work(op))),
            writePart: (key, upload, number, body, op) =>
              watch(`write part ${number}`, () => multipart.writePart(key, upload, number, body, op)),
          },
        }),
  };
  const surroundings = { clock: world.clock, random, log: silentLog };
  const place = { name: "contents", backend: "memory", prefix: "", requestMs: 5000 };
  const store = openStore({ ...place, ...surroundings, can, driver, attempts });
  const { busy = new Set<string>() } = options;
  const claim = async (path: string) => {
    if (busy.has(path)) return undefined;
    busy.add(path);
    return async () => void busy.delete(path);
  };
  return { store, parts: { files: watchFiles(watch, world.opened), random, clock: world.clock, claim }, asked };
}

/** The file system, where each change that is made by name is watched. */
function watchFiles(watch: <T>(what: string, work: () => Promise<T>) => Promise<T>, opened: OpenFile[]): Files {
  const files = nodeFiles();
  const open = async (path: string, mode: Parameters<Files["open"]>[1]) => {
    const file = await files.open(path, mode);
    opened.push(file);
    return file;
  };
  return {
    ...files,
    open: (path, mode) => (mode === "read" ? open(path, mode) : watch("open a note", () => open(path, mode))),
    rename: (from, to) => watch("rename a note", () => files.rename(from, to)),
    remove: (path) => watch("remove a note", () => files.remove(path)),
    syncFolder: (path) => watch("sync the folder", () => files.syncFolder(path)),
  };
}
