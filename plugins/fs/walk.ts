import type { BigIntStats, Dirent } from "node:fs";
import { lstat, readdir, realpath, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, compareKeys, type Log, type ObjectInfo, reasonOf } from "rustiq/plugin";
import { errnoOf, isMissing } from "./errors.ts";
import { isPlainName, isTemporary } from "./paths.ts";

/** What a file is to a store. The etag changes with size, time of change in nanoseconds and place on the disk. */
export function describeFile(key: string, stats: BigIntStats): ObjectInfo {
  return {
    key,
    size: Number(stats.size),
    etag: [stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(36)).join("-"),
    version: stats.mtimeNs.toString(),
    modifiedAt: Number(stats.mtimeMs),
  };
}

interface Entry {
  /** As it sorts: a folder's keys all begin with its name and a `/`. */
  readonly name: string;
  readonly isFolder: boolean;
}

function toEntry(entry: Dirent): Entry {
  const isFolder = entry.isDirectory();
  return { name: isFolder ? `${entry.name}/` : entry.name, isFolder };
}

async function readEntries(folder: string, isRoot: boolean): Promise<Entry[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    // Links, devices and pipes are no objects.
    const entries = found.filter((entry) => (entry.isFile() || entry.isDirectory()) && isPlainName(entry.name));
    // The root of an ext file system has it, readable by root only.
    const own = isRoot ? entries.filter((entry) => entry.name !== "lost+found") : entries;
    return own.map(toEntry).sort((a, b) => compareKeys(a.name, b.name));
  } catch (thrown) {
    // Removed since its own folder was read, or nothing there yet.
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

export interface Walk {
  readonly root: string;
  /** Only keys that begin so. */
  readonly prefix: string;
  /** Only keys that sort after this one. */
  readonly after: string;
  readonly checkAborted: () => void;
}

/** The files below the root in key order (UTF-8 bytes). Folders that hold no key of interest are not read. */
export async function* walkFiles(walk: Walk): AsyncGenerator<ObjectInfo> {
  const root = await realpath(walk.root).catch((thrown: unknown) => {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  });
  if (root !== undefined) yield* walkFolder(root, "", walk);
}

async function* walkFolder(root: string, below: string, walk: Walk): AsyncGenerator<ObjectInfo> {
  for (const entry of await readEntries(join(root, below), below === "")) {
    walk.checkAborted();
    const key = `${below}${entry.name}`;
    const isWithin = entry.isFolder
      ? key.startsWith(walk.prefix) || walk.prefix.startsWith(key)
      : key.startsWith(walk.prefix);
    if (!isWithin) continue;
    if (entry.isFolder) {
      // Every key of a folder is before `after` when the folder's name is, unless `after` is in that folder.
      if (compareKeys(key, walk.after) < 0 && !walk.after.startsWith(key)) continue;
      yield* walkFolder(root, key, walk);
    } else if (compareKeys(key, walk.after) > 0) {
      const stats = await lstat(join(root, key), { bigint: true }).catch((thrown: unknown) => {
        if (isMissing(thrown)) return undefined;
        throw thrown;
      });
      if (stats?.isFile() === true) yield describeFile(key, stats);
    }
  }
}

/** Age from which a temporary file belongs to a writer that is gone. */
const leftoverAgeMs = 60 * 60 * 1000;

/** Removes what writers that died left behind. Never fails: a leftover is waste, not a fault. */
export async function sweepLeftovers(root: string, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined && !signal.aborted; folder = folders.pop()) {
    try {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        if (!entry.isFile() || !isTemporary(entry.name)) continue;
        const { mtimeMs } = await lstat(path);
        if (clock.now() - mtimeMs < leftoverAgeMs) continue;
        await unlink(path);
        log.info("removed what an interrupted write left behind", { path });
      }
    } catch (thrown) {
      if (isMissing(thrown) || errnoOf(thrown) === "EROFS") continue;
      log.debug("a folder could not be looked through for leftovers", { folder, reason: reasonOf(thrown) });
    }
  }
}
