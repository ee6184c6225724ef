import { constants, type Dirent } from "node:fs";
import {
  access,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  symlink,
} from "node:fs/promises";
import { dirname } from "node:path";
import { type Attributes, type Files, hasErrno, type OpenFile } from "./files.ts";

/** Folders whose names are known to be durable; of more of them some are made durable again. */
const mostRemembered = 1000;

/** What stands in the way of writing to a folder. */
interface Obstacle {
  readonly kind: "no folder" | "read-only";
  readonly reason: string;
}

function orMissing<U>(missing: U): (thrown: unknown) => U {
  return (thrown) => {
    if (hasErrno(thrown, "ENOENT", "ENOTDIR")) return missing;
    throw thrown;
  };
}

function kindOf(entry: Dirent): "file" | "folder" | "other" {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "folder" : "other";
}

const flags = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR | constants.O_CREAT,
  fresh: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
};

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(at: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const bytes = into ?? Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(bytes, filled, length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, at + done);
      done += bytesWritten;
    }
  }

  async setAttributes({ mode, modifiedAt }: Attributes): Promise<void> {
    if (mode !== undefined) await this.#handle.chmod(mode);
    if (modifiedAt !== undefined) await this.#handle.utimes(modifiedAt / 1000, modifiedAt / 1000);
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Free bytes of the file system that holds `path`, or the nearest folder above it. */
async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks, ffree, files } = await statfs(path);
    // Some file systems count neither; a full table of files is a full disk too.
    if (blocks === 0) return undefined;
    return files > 0 && ffree === 0 ? 0 : bavail * bsize;
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT", "ENOTDIR") && dirname(path) !== path) return freeBytes(dirname(path));
    return undefined;
  }
}

/** The computer's own file system. Files are readable by their owner only. */
export function nodeFiles(): Files {
  const syncFolder = async (path: string) => {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  };
  /** Folders whose names this process knows to be durable. */
  const made = new Set<string>();
  const remember = (path: string) => {
    if (made.size === mostRemembered) made.clear();
    made.add(path);
  };
  // Level by level: Node's own recursive mkdir never ends where the system says that a parent which exists is missing (/proc).
  const makeFolder = async (path: string, tries = 2): Promise<void> => {
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (thrown) {
      if (hasErrno(thrown, "ENOENT") && tries > 0 && dirname(path) !== path) {
        await makeFolder(dirname(path));
        return makeFolder(path, tries - 1);
      }
      if (!hasErrno(thrown, "EEXIST") || !(await stat(path)).isDirectory()) throw thrown;
      if (made.has(path)) return;
      if (dirname(path) !== path) await makeFolder(dirname(path));
      // A process that made it may have been killed before its name was durable. Where this user may not look, others have made it.
      await syncFolder(dirname(path)).catch((fault: unknown) => {
        if (!hasErrno(fault, "EACCES", "EPERM", "EINVAL")) throw fault;
      });
      return remember(path);
    }
    await syncFolder(dirname(path));
    remember(path);
  };
  return {
    open: async (path, mode) => new NodeFile(await open(path, flags[mode] | constants.O_NOFOLLOW, 0o600)),
    rename: (from, to) => rename(from, to),
    remove: (path) => rm(path, { force: true }),
    removeTree: (path) => rm(path, { force: true, recursive: true }),
    makeFolder,
    list: (path) =>
      readdir(path, { withFileTypes: true }).then(
        (entries) =>
          entries
            .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
            .sort((a, b) => (a.name < b.name ? -1 : 1)),
        orMissing(undefined),
      ),
    size: (path) => lstat(path).then((found) => (found.isFile() ? found.size : undefined), orMissing(undefined)),
    syncFolder,
    free: freeBytes,
    followLinks: (path) => realpath(path).catch(orMissing(path)),
    // Not the time of the last change to the inode: a second name changes it, and the file is the same.
    stamp: (path) =>
      lstat(path, { bigint: true }).then((found) => {
        if (!found.isFile()) return undefined;
        return { size: Number(found.size), stamp: `${found.mtimeNs.toString(36)}-${found.ino.toString(36)}` };
      }, orMissing(undefined)),
    permissions: (path) =>
      lstat(path).then((found) => {
        return found.isFile() && process.platform !== "win32" ? found.mode & 0o777 : undefined;
      }, orMissing(undefined)),
    link,
    linkFolder: (target, path) => symlink(target, path, "dir"),
  };
}

/** Why files cannot be put into a folder, which need not be there yet; undefined when they can. Changes nothing. */
export async function findObstacle(folder: string): Promise<Obstacle | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      if (!(await stat(path)).isDirectory()) return { kind: "no folder", reason: `${path} is no folder` };
      await access(path, constants.W_OK | constants.X_OK);
      return undefined;
    } catch (thrown) {
      // What is missing will be made, if that can be done above it.
      if (hasErrno(thrown, "ENOENT", "ENOTDIR") && dirname(path) !== path) continue;
      return { kind: "read-only", reason: `this user may not write to ${path}` };
    }
  }
}
