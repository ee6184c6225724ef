import type { Files, OpenFile } from "../../core/ports/files.ts";

/** Lets several users of one disk take their steps in an order that the test decides. */
export class Turns {
  readonly #waiting = new Map<string, () => void>();
  #isFree = true;

  /** The same files; each operation on them is a step of this user. */
  share(name: string, files: Files): Files {
    const step =
      <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        await this.#wait(name);
        return work(...args);
      };
    const shareFile = (file: OpenFile): OpenFile => ({
      ...file,
      write: step(file.write),
      sync: step(file.sync),
      read: step(file.read),
      truncate: step(file.truncate),
    });
    return {
      open: step(async (path, mode) => shareFile(await files.open(path, mode))),
      rename: step((from, to) => files.rename(from, to)),
      remove: step((path) => files.remove(path)),
      removeTree: step((path) => files.removeTree(path)),
      makeFolder: step((path) => files.makeFolder(path)),
      list: step((path) => files.list(path)),
      size: step((path) => files.size(path)),
      syncFolder: step((path) => files.syncFolder(path)),
      free: step((path) => files.free(path)),
      followLinks: step((path) => files.followLinks(path)),
    };
  }

  /** From now on everybody waits for their turn; before, nobody does. */
  hold(): void {
    this.#isFree = false;
  }

  /** Each name in turn takes one step, if it has one to take. What is left after the last one runs freely. */
  async play(order: Iterable<string>): Promise<void> {
    for (const name of order) {
      await settle();
      this.#waiting.get(name)?.();
      this.#waiting.delete(name);
    }
    await settle();
    this.#isFree = true;
    for (const go of this.#waiting.values()) go();
  }

  #wait(name: string): Promise<void> {
    return this.#isFree ? Promise.resolve() : new Promise((go) => this.#waiting.set(name, go));
  }
}

/** Everything that needs no further step has been done when it resolves. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
