import { join } from "node:path";
import { fault } from "../../errors.ts";
import type { Files } from "../../ports/files.ts";
import { manifestName } from "./manifest.ts";

export interface LocalFile {
  /** Bytes. */
  readonly size: number;
  /** Another one after each change; empty where the file system cannot tell. */
  readonly stamp: string;
}

/** What lies below a folder, by names with `/` between them. */
export interface Tree {
  readonly files: ReadonlyMap<string, LocalFile>;
  readonly folders: ReadonlySet<string>;
  /** Links and special files: never followed. */
  readonly others: ReadonlySet<string>;
  /** What transfers that were cut short have left. */
  readonly leftovers: readonly string[];
}

/** Files that are looked at at once. */
const looksAtOnce = 32;

/** Unfinished downloads, uploads and documents; they are nobody's content. */
const unfinished = /^\.(.+\.part|rustiq-.+\.(notes|upload))$/;

export async function stampOf(files: Files, path: string): Promise<LocalFile | undefined> {
  if (files.stamp !== undefined) return files.stamp(path);
  const size = await files.size(path);
  return size === undefined ? undefined : { size, stamp: "" };
}

/** Reads a folder, every file looked at once; a missing one is empty. Throws "mirror-too-large", "path-refused" for a planted manifest. */
export async function readTree(files: Files, root: string, limit: number, signal: AbortSignal): Promise<Tree> {
  const found = new Map<string, LocalFile>();
  const [folders, others, leftovers] = [new Set<string>(), new Set<string>(), [] as string[]];
  const open = [""];
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    signal.throwIfAborted();
    const names: string[] = [];
    for (const entry of (await files.list(join(root, below))) ?? []) {
      const name = `${below}${entry.name}`;
      if (name === manifestName) checkManifest(root, entry.kind);
      else if (entry.kind === "folder") {
        folders.add(name);
        open.push(`${name}/`);
      } else if (entry.kind === "other") others.add(name);
      else if (unfinished.test(entry.name)) leftovers.push(name);
      else names.push(name);
    }
    if (found.size + names.length > limit) throw fault("mirror-too-large", { where: root, limit });
    for (let at = 0; at < names.length; at += looksAtOnce) {
      const looks = names.slice(at, at + looksAtOnce).map(async (name) => {
        const look = await stampOf(files, join(root, name));
        // Removed since its folder was read.
        if (look !== undefined) found.set(name, look);
      });
      await Promise.all(looks);
    }
  }
  return { files: found, folders, others, leftovers };
}

function checkManifest(root: string, kind: "file" | "folder" | "other"): void {
  if (kind === "file") return;
  const reason = "the mirror keeps its manifest under this name, and something else stands there";
  throw fault("path-refused", { path: join(root, manifestName), reason }, { hint: "Remove it." });
}

/** The folders above a name, outermost first. */
export function* foldersOf(name: string): Generator<string> {
  for (let end = name.indexOf("/"); end !== -1; end = name.indexOf("/", end + 1)) yield name.slice(0, end);
}
