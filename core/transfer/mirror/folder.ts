import { dirname, join } from "node:path";
import type { Files } from "../../ports/files.ts";
import { linkFault } from "./plan.ts";
import { foldersOf } from "./tree.ts";

/** The folder that a mirror writes to. Every way below it is looked at before it is used, so that a link is never followed. */
export class TargetFolder {
  readonly root: string;
  readonly #files: Files;
  readonly #ready = new Map<string, Promise<void>>();

  /** `root` has no links in it. */
  constructor(files: Files, root: string) {
    this.#files = files;
    this.root = root;
  }

  /** The file's path; its folder is made. Throws "path-refused" where a link stands in the way. */
  async prepare(name: string): Promise<string> {
    for (const folder of foldersOf(name)) {
      // Two transfers into one folder make it once.
      const ready = this.#ready.get(folder) ?? this.#make(join(this.root, folder));
      this.#ready.set(folder, ready);
      await ready;
    }
    return join(this.root, name);
  }

  /** Makes the names in all folders that were prepared durable. */
  async sync(): Promise<void> {
    for (const folder of this.#ready.keys()) await this.#files.syncFolder(join(this.root, folder));
    await this.#files.syncFolder(this.root);
  }

  /** Removes files, and the folders that are empty then. */
  async remove(names: readonly string[], onRemoved: (name: string) => void | Promise<void>): Promise<void> {
    const folders = new Set<string>();
    for (const name of names) {
      const path = join(this.root, name);
      const folder = dirname(path);
      if ((await this.#files.followLinks(folder)) !== folder) throw linkFault(folder);
      await this.#files.remove(path);
      for (const above of foldersOf(name)) folders.add(above);
      await onRemoved(name);
    }
    // Innermost first.
    for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
      const path = join(this.root, folder);
      if ((await this.#files.list(path))?.length === 0) await this.#files.removeTree(path);
      else if ((await this.#files.list(path)) !== undefined) await this.#files.syncFolder(path);
    }
    if (names.length > 0) await this.#files.syncFolder(this.root);
  }

  async #make(path: string): Promise<void> {
    // What is missing leads to itself, and is then made by a call that does not follow links either.
    if ((await this.#files.followLinks(path)) !== path) throw linkFault(path);
    await this.#files.makeFolder(path);
    if ((await this.#files.followLinks(path)) !== path) throw linkFault(path);
  }
}
