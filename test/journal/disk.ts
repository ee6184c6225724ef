import { dirname } from "node:path";
import type { Files, OpenFile } from "../../core/ports/files.ts";

interface Content {
  bytes: Buffer;
  /** What a power cut leaves. */
  synced: Buffer;
}

/** What the disk was asked to do, in order, for tests that count or that break off in the middle. */
export type DiskOperation =
  | "open"
  | "write"
  | "sync"
  | "rename"
  | "remove"
  | "syncFolder"
  | "makeFolder"
  | "list"
  | "read"
  | "truncate"
  | "size"
  | "free";

/** Fails an operation; `undefined` lets it through. */
export type DiskFault = (operation: DiskOperation, path: string, count: number) => Error | undefined;

/**
 * A disk in memory that knows the difference between written and durable: files have synced bytes, folders synced names.
 * `afterKill` is what the next process finds, `afterPowerCut` what the next boot finds when nothing unsynced was kept.
 */
export class Disk implements Files {
  readonly #names = new Map<string, Content>();
  readonly #durable = new Map<string, Content>();
  readonly log: { readonly operation: DiskOperation; readonly path: string }[] = [];
  fault: DiskFault = () => undefined;
  handles = 0;
  /** Bytes that all files together may have; a write that does not fit is cut off where the room ends. */
  capacity: number | undefined;
  /** Bytes that the disk says are free, whatever it holds. */
  left: number | undefined;

  /** Bytes that are written now. */
  get used(): number {
    return [...this.#names.values()].reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  }

  get #room(): number | undefined {
    return this.capacity === undefined ? undefined : Math.max(0, this.capacity - this.used);
  }

  /** Looks change nothing, so they are no step of a life that is broken off. */
  #look(operation: DiskOperation, path: string): void {
    const failed = this.fault(operation, path, this.log.length);
    if (failed !== undefined) throw failed;
  }

  #begin(operation: DiskOperation, path: string): void {
    this.log.push({ operation, path });
    const failed = this.fault(operation, path, this.log.length);
    if (failed !== undefined) throw failed;
  }

  count(operation: DiskOperation): number {
    return this.log.filter((entry) => entry.operation === operation).length;
  }

  /** The bytes of every file, by path. */
  get contents(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#names].map(([path, { bytes }]) => [path, bytes]));
  }

  put(path: string, bytes: Uint8Array): void {
    const content = { bytes: Buffer.from(bytes), synced: Buffer.from(bytes) };
    this.#names.set(path, content);
    this.#durable.set(path, content);
  }

  afterKill(): Disk {
    const next = new Disk();
    for (const [path, { bytes }] of this.#names) next.put(path, bytes);
    return next;
  }

  afterPowerCut(): Disk {
    const next = new Disk();
    for (const [path, { synced }] of this.#durable) next.put(path, synced);
    return next;
  }

  async open(path: string, mode: "read" | "update" | "fresh"): Promise<OpenFile> {
    if (mode !== "read") this.#begin("open", path);
    const found = this.#names.get(path);
    if (mode === "read" && found === undefined) throw errno("ENOENT", `${path} is missing`);
    if (mode === "fresh" && found !== undefined) throw errno("EEXIST", `${path} exists`);
    const content = found ?? { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
    if (found === undefined) this.#names.set(path, content);
    this.handles += 1;
    return {
      size: async () => content.bytes.byteLength,
      read: async (at, length) => {
        this.#begin("read", path);
        return Buffer.from(content.bytes.subarray(at, at + length));
      },
      write: async (at, bytes) => {
        this.#begin("write", path);
        const most = content.bytes.byteLength + (this.#room ?? Number.POSITIVE_INFINITY) - at;
        const fitting = bytes.subarray(0, Math.min(bytes.byteLength, Math.max(0, most)));
        const grown = Buffer.alloc(Math.max(content.bytes.byteLength, at + fitting.byteLength));
        content.bytes.copy(grown);
        grown.set(fitting, at);
        content.bytes = grown;
        if (fitting.byteLength < bytes.byteLength) throw errno("ENOSPC");
      },
      truncate: async (size) => {
        this.#begin("truncate", path);
        content.bytes = Buffer.from(content.bytes.subarray(0, size));
      },
      sync: async () => {
        this.#begin("sync", path);
        content.synced = Buffer.from(content.bytes);
      },
      close: async () => {
        this.handles -= 1;
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#begin("rename", to);
    const content = this.#names.get(from);
    if (content === undefined) throw Object.assign(new Error(`${from} is missing`), { code: "ENOENT" });
    this.#names.delete(from);
    this.#names.set(to, content);
  }

  async remove(path: string): Promise<void> {
    this.#begin("remove", path);
    this.#names.delete(path);
  }

  async removeTree(path: string): Promise<void> {
    for (const name of [...this.#names.keys()]) if (name.startsWith(`${path}/`)) await this.remove(name);
  }

  async makeFolder(path: string): Promise<void> {
    this.#begin("makeFolder", path);
  }

  async list(path: string): Promise<{ name: string; kind: "file" | "folder" }[]> {
    this.#begin("list", path);
    const kinds = new Map<string, "file" | "folder">();
    for (const name of this.#names.keys()) {
      if (!name.startsWith(`${path}/`)) continue;
      const [first = "", ...rest] = name.slice(path.length + 1).split("/");
      kinds.set(first, rest.length === 0 ? "file" : "folder");
    }
    return [...kinds].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async size(path: string): Promise<number | undefined> {
    this.#look("size", path);
    return this.#names.get(path)?.bytes.byteLength;
  }

  async syncFolder(path: string): Promise<void> {
    this.#begin("syncFolder", path);
    for (const name of [...this.#durable.keys()]) if (dirname(name) === path) this.#durable.delete(name);
    for (const [name, content] of this.#names) if (dirname(name) === path) this.#durable.set(name, content);
  }

  async free(path: string): Promise<number | undefined> {
    this.#look("free", path);
    return this.left ?? this.#room;
  }

  async followLinks(path: string): Promise<string> {
    return path;
  }
}

/** What a system call fails with. */
export function errno(code: string, message = `${code}: the disk says so`): Error {
  return Object.assign(new Error(message), { code });
}

/** From the `count`th operation on nothing works any more: the process is gone, its disk stays. */
export function killAt(count: number): DiskFault {
  return (_, __, now) => (now >= count ? new Error("the process was killed here") : undefined);
}
