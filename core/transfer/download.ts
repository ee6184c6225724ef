import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { type ObjectInfo, type ReadAnswer, StoreError } from "../plugin/driver.ts";
import type { DownloadedFile, Random } from "../plugin/surroundings.ts";
import type { Attributes, Files, OpenFile } from "../ports/files.ts";

/** Small chunks are gathered to this many bytes before they are written. */
const gatherBytes = 1024 * 1024;

const unfinishedEnding = ".part";

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
  expectedSha256?: string,
  attributes: Attributes = {},
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
    const promised = expectedSha256?.toLowerCase() ?? readPromise(info);
    if (promised !== undefined && promised !== sha256) {
      throw new StoreError("corrupt", `${key} has the digest ${sha256}; expected ${promised}`);
    }
    await opened.setAttributes?.(attributes);
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

/** The digest that the object's metadata promises. Other tools may keep something else under that name; only a digest is compared. */
export function readPromise(info: ObjectInfo | undefined): string | undefined {
  const promised = info?.meta?.["sha256"]?.toLowerCase();
  return promised !== undefined && /^[0-9a-f]{64}$/.test(promised) ? promised : undefined;
}

/** A body that breaks is the store's fault; what the disk says stays what it is. */
function asStoreError(thrown: unknown, key: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!(thrown instanceof Error) || thrown instanceof StoreError || "syscall" in thrown) return thrown;
  return new StoreError("unavailable", `${key}: the body broke off: ${thrown.message}`, { cause: thrown });
}
