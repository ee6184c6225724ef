import { constants } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, readlink, realpath, rename, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Body, readBody, StoreError, sizeOf } from "rustiq/plugin";
import { abortedError, errnoOf, isMissing, toStoreError } from "./errors.ts";
import { checkUnlinked, findParent, nameTemporary } from "./paths.ts";

/** Makes the names of a folder durable. File systems that cannot sync a folder (FAT, some mounts) have nothing to sync. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (thrown) {
    if (!["EINVAL", "EPERM", "EISDIR", "ENOTSUP", "EBADF"].includes(errnoOf(thrown) ?? "")) throw thrown;
  } finally {
    await handle.close();
  }
}

/** Makes one folder durably; that it is there already is no error. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (thrown) {
    if (errnoOf(thrown) === "EEXIST") return;
    if (errnoOf(thrown) !== "ENOENT" || dirname(folder) === folder) throw thrown;
    await makeFolder(dirname(folder));
    return makeFolder(folder);
  }
  await syncFolder(dirname(folder));
}

/** The folder that holds the key's file, made where it is missing, name by name so that no link is followed. */
async function makeParent(root: string, names: readonly string[], what: string): Promise<string> {
  const found = await findParent(root, names, what);
  if (found !== undefined) return found;
  await makeFolder(root);
  let folder = await realpath(root);
  for (const name of names.slice(0, -1)) {
    const next = join(folder, name);
    await makeFolder(next);
    checkUnlinked(await followLink(next), next, what);
    folder = next;
  }
  return folder;
}

/** Where a folder really is; of a link that leads nowhere, where it leads. */
async function followLink(folder: string): Promise<string> {
  return realpath(folder).catch(async (thrown: unknown) => {
    // Gone again, where it is no link.
    const target = isMissing(thrown) ? await readlink(folder).catch(() => undefined) : undefined;
    if (target === undefined) throw thrown;
    return resolve(dirname(folder), target);
  });
}

async function writeAll(file: FileHandle, body: Body, signal: AbortSignal, what: string): Promise<void> {
  let written = 0;
  for await (const chunk of readBody(body)) {
    if (signal.aborted) throw abortedError(what);
    for (let from = 0; from < chunk.byteLength; ) {
      const { bytesWritten } = await file.write(chunk, from, chunk.byteLength - from, written);
      from += bytesWritten;
      written += bytesWritten;
    }
  }
  if (signal.aborted) throw abortedError(what);
  if (written !== sizeOf(body)) {
    throw new StoreError("corrupt", `${what}: the body gave ${written} bytes; expected ${sizeOf(body)}`);
  }
}

export interface WriteRequest {
  readonly root: string;
  readonly names: readonly string[];
  readonly body: Body;
  /** 16 hex digits for the temporary name. */
  readonly random: string;
  readonly createOnly: boolean;
  readonly signal: AbortSignal;
  readonly what: string;
}

/**
 * Writes a file so that every look finds the old or the new one, whole, also after a power cut: temporary name in the same
 * folder, fsync, rename, fsync of the folder. With `createOnly` a hard link takes the rename's place: it fails when the name is
 * taken, in one step. Answers the file's path.
 */
export async function publishFile(request: WriteRequest): Promise<string> {
  const { what } = request;
  const parent = await makeParent(request.root, request.names, what);
  const path = join(parent, request.names.at(-1) ?? "");
  const temporary = join(parent, nameTemporary(request.random));
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
    try {
      await writeAll(file, request.body, request.signal, what);
      await file.sync();
    } finally {
      await file.close();
    }
    if (request.createOnly) await linkFile(temporary, path, what);
    else await rename(temporary, path);
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined);
    throw thrown;
  }
  if (request.createOnly) await unlink(temporary);
  await syncFolder(parent).catch((thrown: unknown) => {
    const error = toStoreError(thrown, what);
    throw new StoreError(error.code, `${error.message} (after the file was put in its place)`, {
      retry: "unknown-outcome",
      cause: thrown,
    });
  });
  return path;
}

async function linkFile(temporary: string, path: string, what: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (thrown) {
    const code = errnoOf(thrown) ?? "";
    const isFolder = code === "EEXIST" && (await lstat(path)).isDirectory();
    if (isFolder) throw new StoreError("invalid-key", `${what}: there is a folder of that name; choose another key`);
    if (code === "EEXIST") throw new StoreError("conflict", `${what}: it exists already; expected no such object`);
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].includes(code)) throw thrown;
    throw new StoreError(
      "unsupported",
      `${what}: ${code}: this file system has no hard links, so an object cannot be created without a race; use ext4 or alike`,
      { cause: thrown },
    );
  }
}
