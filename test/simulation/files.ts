import type { Files, OpenFile } from "../../core/ports/files.ts";
import type { Content } from "./content.ts";
import type { Dice } from "./dice.ts";
import { type Disk, makeErrno } from "./disk.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { Weather } from "./weather.ts";

export interface FilesOptions {
  readonly owner: Owner;
  readonly disk: Disk;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly dice: Dice;
  /** Reading operations take their turn like others; else they are answered at once. */
  readonly isFine: boolean;
}

/** Tries in a row that an operation on a segment fails at the most. */
const mostRefusals = 2;
/** Operations on one staged document that fail at the most: with ten the device believes that the disk has lost it. */
const mostDocumentRefusals = 9;

/** The disk as one process has it: every operation that changes something is a step, and may fail. */
export class SimulatedFiles implements Files {
  readonly #options: FilesOptions;
  /** Folders whose names are known to be durable. */
  readonly #made = new Set<string>();
  /** How often in a row an operation failed; of a staged document, how often any did. */
  readonly #refused = new Map<string, number>();
  /** Files that are open. */
  handles = 0;

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  open(path: string, mode: "read" | "update" | "fresh"): Promise<OpenFile> {
    const work = () => {
      this.#strike("open", path);
      const content = this.#options.disk.open(path, mode);
      this.handles += 1;
      return this.#handle(path, content);
    };
    return mode === "read" ? this.#look(`open ${path}`, work) : this.#change(`${mode} ${path}`, work);
  }

  rename(from: string, to: string): Promise<void> {
    const { disk, weather, dice } = this.#options;
    return this.#change(`rename ${from} ${to}`, () => {
      // Where a journal of the file system could not be written, nobody knows which name will be there.
      if (weather.failsDisk()) {
        if (dice.chance(0.5)) disk.rename(from, to);
        throw makeErrno("EIO", "rename", from);
      }
      disk.rename(from, to);
    });
  }

  remove(path: string): Promise<void> {
    return this.#change(`remove ${path}`, () => {
      this.#strike("unlink", path);
      this.#options.disk.remove(path);
    });
  }

  removeTree(path: string): Promise<void> {
    return this.#change(`removeTree ${path}`, () => {
      this.#strike("rm", path);
      this.#options.disk.removeTree(path);
    });
  }

  async makeFolder(path: string): Promise<void> {
    const { disk } = this.#options;
    const levels = path.split("/").slice(1);
    for (const [index] of levels.entries()) {
      const level = `/${levels.slice(0, index + 1).join("/")}`;
      if (this.#made.has(level)) continue;
      if (disk.list(level) === undefined) {
        await this.#change(`makeFolder ${level}`, () => {
          this.#strike("mkdir", level);
          disk.makeFolder(level);
        });
      }
      // A process that was killed may have made it and not come to this.
      if (!disk.isNamed(level)) await this.syncFolder(level.slice(0, level.lastIndexOf("/")));
      this.#made.add(level);
    }
  }

  list(path: string) {
    return this.#look(`list ${path}`, () => {
      this.#strike("scandir", path);
      return this.#options.disk.list(path);
    });
  }

  size(path: string): Promise<number | undefined> {
    return this.#look(`size ${path}`, () => {
      this.#strike("lstat", path);
      return this.#options.disk.size(path);
    });
  }

  syncFolder(path: string): Promise<void> {
    return this.#change(`syncFolder ${path}`, () => {
      this.#strike("fsync", path);
      this.#options.disk.syncFolder(path);
    });
  }

  followLinks(path: string): Promise<string> {
    return this.#look(`followLinks ${path}`, () => path);
  }

  /** Bytes that are left on the disk. */
  free(path: string): Promise<number | undefined> {
    return this.#look(`free ${path}`, () => Math.min(this.#options.disk.free, Number.MAX_SAFE_INTEGER));
  }

  #handle(path: string, content: Content): OpenFile {
    const { disk, weather, dice } = this.#options;
    let isOpen = true;
    const check = (call: string) => {
      if (!isOpen) throw new Error(`${call} on the closed file ${path}`);
      this.#strike(call, path);
    };
    return {
      size: () =>
        this.#look(`size of ${path}`, () => {
          check("fstat");
          return content.size;
        }),
      read: (at, length) =>
        this.#look(`read ${path} at ${at}`, () => {
          check("read");
          return content.read(at, length);
        }),
      write: (at, bytes) => {
        const part = (from: Dice) => bytes.subarray(0, from.below(bytes.byteLength + 1));
        return this.#change(
          `write ${path} at ${at}: ${bytes.byteLength} bytes`,
          () => {
            if (isOpen && weather.failsDisk()) {
              disk.write(content, at, part(dice));
              throw makeErrno("EIO", "write", path);
            }
            check("write");
            disk.write(content, at, bytes);
          },
          // A process that dies in a write leaves a part of it.
          (left) => disk.write(content, at, part(left)),
        );
      },
      truncate: (size) =>
        this.#change(`truncate ${path} to ${size}`, () => {
          check("ftruncate");
          content.truncate(size);
        }),
      sync: () =>
        this.#change(`sync ${path}`, () => {
          if (isOpen && weather.failsSync()) {
            content.failSync(dice);
            throw makeErrno("EIO", "fdatasync", path);
          }
          check("fdatasync");
          content.sync();
        }),
      close: () =>
        this.#look(`close ${path}`, () => {
          if (!isOpen) throw new Error(`close of the closed file ${path}`);
          isOpen = false;
          this.handles -= 1;
        }),
    };
  }

  #strike(call: string, path: string): void {
    // In the end they are read: what becomes of those that are lost, test/journal/unreadable.test.ts shows, and
    // test/command/after-failure.test.ts.
    const isDocument = path.includes("/incoming/");
    const asked = isDocument ? path : `${call} ${path}`;
    const refused = this.#refused.get(asked) ?? 0;
    const isLast = isDocument ? refused >= mostDocumentRefusals : path.endsWith(".journal") && refused === mostRefusals;
    if (isLast || !this.#options.weather.failsDisk()) {
      if (!isDocument) this.#refused.delete(asked);
      return;
    }
    this.#refused.set(asked, refused + 1);
    throw makeErrno("EIO", call, path);
  }

  #change<T>(what: string, work: () => T, strike?: (dice: Dice) => void): Promise<T> {
    const { owner, scheduler } = this.#options;
    return scheduler.perform(owner, what, work, strike === undefined ? {} : { strike });
  }

  #look<T>(what: string, work: () => T): Promise<T> {
    if (this.#options.isFine) return this.#change(what, work);
    try {
      return Promise.resolve(work());
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }
}
