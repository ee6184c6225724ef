import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { fault, RustiqError } from "../errors.ts";
import type { Reserve } from "../journal/reserve.ts";
import { type ReadAnswer, StoreError } from "../plugin/driver.ts";
import type { DownloadedFile, Random, Stores, Transfers } from "../plugin/surroundings.ts";
import type { Files, OpenFile } from "../ports/files.ts";

/** Small chunks are gathered to this many bytes before they are written. */
const gatherBytes = 1024 * 1024;

const unfinishedEnding = ".part";

/** Tries of one download at the most; each begins anew when the object changed or the body broke. */
const mostTries = 5;

/**
 * Saves the body of a read to `path`: temporary name in the same folder, length and digest checked while streaming, fsync, rename,
 * fsync of the folder. The file is there completely or not at all. Throws `StoreError` for what the store sent, and the file
 * system's own errors.
 */
export async function saveBody(
  files: Files,
  random: Random,
  answer: Extract<ReadAnswer, { status: "ok" }>,
  path: string,
  signal: AbortSignal,
): Promise<DownloadedFile> {
  const { info, body } = answer;
  const { key } = info;
  // A name of its own: two downloads to one path must not write into each other's file.
  const temporary = join(dirname(path), `.${basename(path)}.${random.hex(6)}${unfinishedEnding}`);
  const digest = createHash("sha256");
  const md5 = info.md5 === undefined ? undefined : createHash("md5");
  let file: OpenFile | undefined;
  let at = 0;
  try {
    await files.makeFolder(dirname(path));
    const opened = await files.open(temporary, "fresh");
    file = opened;
    let gathered: Uint8Array[] = [];
    let size = 0;
    const flush = async () => {
      await opened.write(at, Buffer.concat(gathered));
      at += size;
      gathered = [];
      size = 0;
    };
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      digest.update(chunk);
      md5?.update(chunk);
      gathered.push(chunk);
      size += chunk.byteLength;
      if (at + size > info.size) throw new StoreError("corrupt", `${key} sent more than its ${info.size} bytes`);
      if (size >= gatherBytes) await flush();
    }
    await flush();
    if (at !== info.size) throw new StoreError("corrupt", `${key} sent ${at} of its ${info.size} bytes`);
    const arrived = md5?.digest("hex");
    if (arrived !== info.md5) {
      throw new StoreError("corrupt", `${key} has the MD5 ${arrived}; the store says ${info.md5}`);
    }
    const sha256 = digest.digest("hex");
    const promised = info.meta?.["sha256"]?.toLowerCase();
    // Other tools may keep something else under that name; only a digest is compared.
    if (promised !== undefined && /^[0-9a-f]{64}$/.test(promised) && promised !== sha256) {
      throw new StoreError("corrupt", `${key} has the digest ${sha256}; its metadata says ${promised}`);
    }
    await opened.sync();
    await opened.close();
    await files.rename(temporary, path);
    await files.syncFolder(dirname(path));
    return { path, size: at, sha256, etag: info.etag };
  } catch (thrown) {
    body.destroy();
    await file?.close().catch(() => undefined);
    await files.remove(temporary).catch(() => undefined);
    throw asStoreError(thrown, key, signal);
  }
}

/** A body that breaks is the store's fault; what the disk says stays what it is. */
function asStoreError(thrown: unknown, key: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!(thrown instanceof Error) || thrown instanceof StoreError || "syscall" in thrown) return thrown;
  return new StoreError("unavailable", `${key}: the body broke off: ${thrown.message}`, { cause: thrown });
}

/** Downloads as plugins ask for them: tried again while that is safe, into a file below the plugin's own folder. */
export function createTransfers(parts: {
  readonly files: Files;
  readonly stores: Stores;
  readonly random: Random;
  readonly reserve: Reserve;
}): Transfers {
  const { files, stores, random } = parts;
  return {
    download: async (name, key, path, op) => {
      const store = stores.get(name);
      for (let attempt = 1; ; attempt++) {
        try {
          const answer = await store.read(key, { signal: op.signal });
          if (answer.status === "missing") {
            const hint = `Put it there, or list what is there: call_service('transfer', 'list', '${name}', '').`;
            throw new RustiqError("object-missing", `store ${name} has no object ${key}`, { hint });
          }
          if (answer.status !== "ok")
            throw new StoreError("unavailable", `${key}: an unconditional read was answered ${answer.status}`);
          checkSize(answer, op.maxBytes);
          await checkRoom(answer, path, parts);
          return await saveBody(files, random, answer, path, op.signal);
        } catch (thrown) {
          const isRetried = thrown instanceof StoreError && thrown.retry === "safe" && attempt < mostTries;
          if (!isRetried || op.signal.aborted) throw thrown;
        }
      }
    },
  };
}

/** Refuses an object before its body is read. */
function checkSize(answer: Extract<ReadAnswer, { status: "ok" }>, maxBytes = Number.POSITIVE_INFINITY): void {
  const { info, body } = answer;
  if (info.size <= maxBytes) return;
  body.destroy();
  throw new StoreError("too-large", `${info.key} has ${info.size} bytes; at most ${maxBytes} are taken`);
}

/** Refuses a body that the disk has no room for beside what is kept for outcomes. */
async function checkRoom(
  { info, body }: Extract<ReadAnswer, { status: "ok" }>,
  path: string,
  { files, reserve }: { readonly files: Files; readonly reserve: Reserve },
): Promise<void> {
  const free = await files.free(path);
  if (free === undefined || free >= info.size + reserve.bytes) return;
  body.destroy();
  const reason = `${info.key} has ${info.size} bytes; ${free} are free, of which ${reserve.bytes} are kept for results`;
  throw fault("disk-full", { reason });
}

/**
 * Makes a folder that downloads go to, without what a crash has left there. What is removed was there while `checkOwner` still says
 * that the folder is this process's own: a later owner's downloads are not touched.
 */
export async function prepareFolder(files: Files, folder: string, checkOwner: () => Promise<void>): Promise<void> {
  await files.makeFolder(folder);
  const unfinished = await findUnfinished(files, folder);
  if (unfinished.length === 0) return;
  await checkOwner();
  for (const path of unfinished) await files.remove(path);
}

/** What downloads that were cut short by a crash have left below a folder. */
async function findUnfinished(files: Files, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, kind } of (await files.list(folder)) ?? []) {
    const path = join(folder, name);
    if (kind === "folder") found.push(...(await findUnfinished(files, path)));
    else if (name.startsWith(".") && name.endsWith(unfinishedEnding)) found.push(path);
  }
  return found;
}
