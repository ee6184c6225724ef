import { Content } from "./content.ts";
import type { Dice } from "./dice.ts";

/** Names in a folder: as programs see them, and as they are on the platter. */
class Folder {
  readonly seen = new Map<string, Entry>();
  readonly durable = new Map<string, Entry>();
}

type Entry = Content | Folder;

/** A change of names that no fsync of a folder has made durable. */
interface NameChange {
  readonly folders: readonly Folder[];
  /** Does to the durable names what was done to those that programs see. */
  harden(): void;
}

/** What one more file costs besides its bytes. */
const bytesPerFile = 256;

/** An error as the operating system gives it. */
export function makeErrno(code: "EIO" | "ENOSPC" | "ENOENT" | "EEXIST" | "EISDIR", call: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${call} '${path}'`), { code, syscall: call, path });
}

/**
 * A disk that knows the difference between written and durable, for contents and for names. An fsync of a file makes its bytes
 * durable but not its name; an fsync of a folder makes the names in it durable. Everything here happens at once: waiting, order and
 * faults are the business of whoever asks.
 */
export class Disk {
  readonly #root = new Folder();
  #changes: NameChange[] = [];
  /** Bytes that fit on it. */
  capacity = Number.POSITIVE_INFINITY;

  /** Bytes that are taken. */
  get used(): number {
    let used = 0;
    for (const { size } of this.files()) used += size + bytesPerFile;
    return used;
  }

  get free(): number {
    return this.capacity === Number.POSITIVE_INFINITY ? this.capacity : Math.max(0, this.capacity - this.used);
  }

  /** Every file that programs see, with its path. */
  *files(folder: Folder = this.#root, above = ""): Generator<{ path: string; size: number; content: Content }> {
    for (const [name, entry] of folder.seen) {
      const path = `${above}/${name}`;
      if (entry instanceof Folder) yield* this.files(entry, path);
      else yield { path, size: entry.size, content: entry };
    }
  }

  open(path: string, mode: "read" | "update" | "fresh"): Content {
    const { folder, name } = this.#place(path, "open");
    const found = folder.seen.get(name);
    if (found instanceof Folder) throw makeErrno("EISDIR", "open", path);
    if (found !== undefined && mode === "fresh") throw makeErrno("EEXIST", "open", path);
    if (found !== undefined) return found;
    if (mode === "read") throw makeErrno("ENOENT", "open", path);
    if (this.free < bytesPerFile) throw makeErrno("ENOSPC", "open", path);
    const content = new Content();
    this.#link(folder, name, content);
    return content;
  }

  /** Throws ENOSPC when not all of it fits; what fits is written. */
  write(content: Content, at: number, bytes: Uint8Array): void {
    const growth = at + bytes.byteLength - content.size;
    const { free } = this;
    const fitting = growth <= free ? bytes.byteLength : Math.max(0, bytes.byteLength - (growth - free));
    content.write(at, bytes.subarray(0, fitting));
    if (fitting < bytes.byteLength) throw makeErrno("ENOSPC", "write", "");
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, "rename");
    const target = this.#place(to, "rename");
    const entry = source.folder.seen.get(source.name);
    if (entry === undefined) throw makeErrno("ENOENT", "rename", from);
    source.folder.seen.delete(source.name);
    target.folder.seen.set(target.name, entry);
    this.#changes.push({
      folders: [source.folder, target.folder],
      harden: () => {
        if (source.folder.durable.get(source.name) === entry) source.folder.durable.delete(source.name);
        target.folder.durable.set(target.name, entry);
      },
    });
  }

  remove(path: string): void {
    const { folder, name } = this.#place(path, "unlink");
    const entry = folder.seen.get(name);
    if (entry instanceof Folder) throw makeErrno("EISDIR", "unlink", path);
    if (entry === undefined) return;
    this.#unlink(folder, name, entry);
  }

  removeTree(path: string): void {
    const { folder, name } = this.#place(path, "rm");
    const entry = folder.seen.get(name);
    if (entry === undefined) return;
    if (entry instanceof Folder) for (const below of [...entry.seen.keys()]) this.removeTree(`${path}/${below}`);
    this.#unlink(folder, name, entry);
  }

  /** One level; false when something is there already. */
  makeFolder(path: string): boolean {
    const { folder, name } = this.#place(path, "mkdir");
    if (folder.seen.has(name)) return false;
    this.#link(folder, name, new Folder());
    return true;
  }

  /** Whether a power cut leaves the name in its folder. */
  isNamed(path: string): boolean {
    const { folder, name } = this.#place(path, "lstat");
    return folder.durable.get(name) !== undefined && folder.durable.get(name) === folder.seen.get(name);
  }

  list(path: string): { name: string; kind: "file" | "folder" }[] | undefined {
    const found = this.#find(path);
    if (!(found instanceof Folder)) return undefined;
    return [...found.seen]
      .map(([name, entry]) => ({ name, kind: entry instanceof Folder ? ("folder" as const) : ("file" as const) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  size(path: string): number | undefined {
    const found = this.#find(path);
    return found instanceof Content ? found.size : undefined;
  }

  /** All bytes of a file, for whoever looks from outside. */
  peek(path: string): Uint8Array | undefined {
    const found = this.#find(path);
    return found instanceof Content ? found.read(0, found.size) : undefined;
  }

  syncFolder(path: string): void {
    const found = this.#find(path);
    if (!(found instanceof Folder)) throw makeErrno("ENOENT", "fsync", path);
    const isMeant = (change: NameChange) => change.folders.includes(found);
    for (const change of this.#changes) if (isMeant(change)) change.harden();
    this.#changes = this.#changes.filter((change) => !isMeant(change));
  }

  /** The process is gone, the computer runs on: everything written stays, as far as the page cache stands by it. */
  evict(dice: Dice): void {
    for (const { content } of this.files()) if (dice.chance(0.5)) content.evict();
  }

  /**
   * The power fails. Unsynced names and contents are kept or not, each for itself; what no durable name leads to is gone.
   */
  cut(dice: Dice): void {
    const mood = dice.below(3);
    for (const change of this.#changes) if (mood === 0 || (mood === 1 && dice.chance(0.5))) change.harden();
    this.#changes = [];
    cutFolder(this.#root, dice);
  }

  #link(folder: Folder, name: string, entry: Entry): void {
    folder.seen.set(name, entry);
    this.#changes.push({ folders: [folder], harden: () => folder.durable.set(name, entry) });
  }

  #unlink(folder: Folder, name: string, entry: Entry): void {
    folder.seen.delete(name);
    this.#changes.push({
      folders: [folder],
      harden: () => {
        if (folder.durable.get(name) === entry) folder.durable.delete(name);
      },
    });
  }

  #find(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#root;
    for (let from = 1; from < path.length && entry !== undefined; ) {
      const slash = path.indexOf("/", from);
      const to = slash < 0 ? path.length : slash;
      entry = entry instanceof Folder ? entry.seen.get(path.slice(from, to)) : undefined;
      from = to + 1;
    }
    return entry;
  }

  #place(path: string, call: string): { readonly folder: Folder; readonly name: string } {
    const cut = path.lastIndexOf("/");
    const folder = this.#find(path.slice(0, cut));
    if (!(folder instanceof Folder)) throw makeErrno("ENOENT", call, path);
    return { folder, name: path.slice(cut + 1) };
  }
}

function cutFolder(folder: Folder, dice: Dice): void {
  folder.seen.clear();
  for (const [name, entry] of folder.durable) {
    folder.seen.set(name, entry);
    if (entry instanceof Folder) cutFolder(entry, dice);
    else entry.cut(dice);
  }
}
