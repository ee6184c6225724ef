import { dirname, join } from "node:path";

/** What a file has beside its bytes. */
export interface Attributes {
  /** Permission bits. */
  readonly mode?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly modifiedAt?: number | undefined;
}

/** One open file. Offsets and lengths are bytes. */
export interface OpenFile {
  size(): Promise<number>;
  /** Fewer bytes at the end of the file. They may lie in `into`, which has room for `length`: whoever reads much saves memory. */
  read(at: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
  write(at: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  setAttributes?(attributes: Attributes): Promise<void>;
  /** Durable when it resolves. After it has failed the file must not be written again. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The runtime's own files: state folder, temporary files, downloads. Paths are absolute. */
export interface Files {
  /** "update" makes the file when it is missing and keeps what is there; "fresh" refuses one that exists. */
  open(path: string, mode: "read" | "update" | "fresh"): Promise<OpenFile>;
  /** Replaces what is at `to`. Durable only after `syncFolder`. */
  rename(from: string, to: string): Promise<void>;
  /** Removing what is not there is no error. */
  remove(path: string): Promise<void>;
  /** Removes a folder with all that is in it. */
  removeTree(path: string): Promise<void>;
  /** Makes the folder and those above it, durably. */
  makeFolder(path: string): Promise<void>;
  /** Names in the folder, sorted; undefined when there is none. */
  list(
    path: string,
  ): Promise<readonly { readonly name: string; readonly kind: "file" | "folder" | "other" }[] | undefined>;
  /** Bytes of the file; undefined when there is none. */
  size(path: string): Promise<number | undefined>;
  syncFolder(path: string): Promise<void>;
  /** Bytes that this user may still write where `path` lies, which need not be there; undefined when nobody can tell. */
  free(path: string): Promise<number | undefined>;
  /** Where a path leads when links are followed; the path itself when nothing is there. */
  followLinks(path: string): Promise<string>;
  /** Bytes of the file and a mark that is another one after each change; undefined when there is none. */
  stamp?(path: string): Promise<{ readonly size: number; readonly stamp: string } | undefined>;
  /** Permission bits of the file; undefined when there is none, or when the system has no such bits. */
  permissions?(path: string): Promise<number | undefined>;
  /** Gives a file a second name; refuses one that is taken. Durable only after `syncFolder`. */
  link?(from: string, to: string): Promise<void>;
  /** Makes a symbolic link at `path` that leads to `target`, which counts from the link's own folder. */
  linkFolder?(target: string, path: string): Promise<void>;
}

/** Whether a system call failed with this code. */
export function hasErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && codes.includes((thrown as NodeJS.ErrnoException).code ?? "");
}

/** Whether the disk said that it has no room left. */
export function isDiskFull(thrown: unknown): boolean {
  return hasErrno(thrown, "ENOSPC", "EDQUOT");
}

/** Bytes of a whole file; undefined when there is none. Throws a RangeError when it is larger than `maxBytes`. */
export async function readWhole(files: Files, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  if ((await files.size(path)) === undefined) return undefined;
  const file = await files.open(path, "read");
  try {
    const size = await file.size();
    if (size > maxBytes) throw new RangeError(`${path} has ${size} bytes; at most ${maxBytes} are read`);
    return await file.read(0, size);
  } finally {
    await file.close();
  }
}

/** Puts a whole file in its place: temporary name in the same folder, fsync, rename, fsync of the folder. */
export async function writeWhole(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await files.makeFolder(folder);
  const temporary = join(folder, `.${path.slice(folder.length + 1)}.part`);
  await files.remove(temporary);
  try {
    const file = await files.open(temporary, "fresh");
    try {
      await file.write(0, bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (thrown) {
    // On a full disk what was written of it stands in everybody's way.
    await files.remove(temporary).catch(() => undefined);
    throw thrown;
  }
  await files.syncFolder(folder);
}
