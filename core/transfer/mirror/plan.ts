import { join } from "node:path";
import { fault } from "../../errors.ts";
import type { ObjectInfo } from "../../plugin/driver.ts";
import { keyToPath } from "../../store/keys.ts";
import { checkRemovals } from "./listing.ts";
import type { Manifest, ManifestEntry } from "./manifest.ts";
import { Names } from "./names.ts";
import type { MirrorOptions, Transfer } from "./outcome.ts";
import { foldersOf, type LocalFile, type Tree } from "./tree.ts";

export interface DownPlan {
  readonly transfers: readonly Transfer[];
  readonly unchanged: readonly string[];
  /** Files that the store has not; kept without `delete`. */
  readonly extras: readonly string[];
  readonly removals: readonly string[];
  /** Of the removals and the emptied folders, what has to go before anything comes. */
  readonly removedFirst: readonly string[];
}

/** Whether a local file still is what the mirror has put there of this very object. */
export function isSame(entry: ManifestEntry | undefined, info: ObjectInfo, local: LocalFile | undefined): boolean {
  if (entry === undefined || local === undefined || entry.etag === "") return false;
  const isSameObject = entry.etag === info.etag && entry.size === info.size;
  return isSameObject && entry.size === local.size && entry.stamp === local.stamp;
}

/**
 * What makes the folder like the listing. Throws, before anything is changed: `StoreError` "invalid-key" for a key that is no path,
 * "mirror-collision", "path-refused" for what stands in the way, "mirror-deletes".
 */
export function planDown(
  root: string,
  listing: ReadonlyMap<string, ObjectInfo>,
  tree: Tree,
  manifest: Manifest,
  options: MirrorOptions,
): DownPlan {
  const names = new Names();
  const [transfers, unchanged] = [[] as Transfer[], [] as string[]];
  const obstacles = new Set<string>();
  for (const [name, info] of listing) {
    keyToPath(root, name);
    names.add(name);
    for (const obstacle of findObstacles(root, name, tree)) obstacles.add(obstacle);
    const [entry, local] = [manifest.get(name), tree.files.get(name)];
    if (isSame(entry, info, local)) unchanged.push(name);
    else {
      const isChanged = entry === undefined || entry.etag !== info.etag || entry.size !== info.size;
      transfers.push({ name, bytes: info.size, why: local === undefined ? "new" : isChanged ? "changed" : "differs" });
    }
  }
  const extras = [...tree.files.keys()].filter((name) => !listing.has(name));
  const [obstacle] = obstacles;
  if (options.delete !== true && obstacle !== undefined) {
    const kind = tree.files.has(obstacle) ? "a file" : "a folder";
    const reason = `${kind} stands in the way of what the store has`;
    throw fault(
      "path-refused",
      { path: join(root, obstacle), reason },
      { hint: "Remove it, or say --delete (delete=True in a command)." },
    );
  }
  const removals = options.delete === true ? extras : [];
  checkRemovals(removals.length, tree.files.size, "local files", options);
  // Where case does not count, removing the old spelling later would remove the new file.
  const isFirst = (name: string) =>
    obstacles.has(name) || names.resembles(name) || [...foldersOf(name)].some((folder) => obstacles.has(folder));
  const folders = [...obstacles].filter((name) => tree.folders.has(name));
  const removedFirst = obstacles.size === 0 && removals.length === 0 ? [] : [...removals.filter(isFirst), ...folders];
  return { transfers, unchanged, extras, removals, removedFirst };
}

/** Files where a folder has to be, and a folder where a file has to be. Throws "path-refused" for a link. */
function* findObstacles(root: string, name: string, { files, folders, others }: Tree): Generator<string> {
  if (others.size > 0) {
    for (const way of [...foldersOf(name), name]) if (others.has(way)) throw linkFault(join(root, way));
  }
  if (folders.has(name)) yield name;
  if (!name.includes("/")) return;
  for (const way of foldersOf(name)) if (files.has(way)) yield way;
}

/** A link, pipe or device below the folder, where a file or folder of the mirror has to be. */
export function linkFault(path: string): Error {
  const reason = "it is a link or a special file, or is reached over one; a mirror follows none below its folder";
  return fault("path-refused", { path, reason }, { hint: "Remove it; nothing was put behind it." });
}
