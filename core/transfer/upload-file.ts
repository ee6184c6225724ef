import { createHash } from "node:crypto";
import { fault } from "../errors.ts";
import type { Body, ObjectInfo, Operation, WriteCondition } from "../plugin/driver.ts";
import type { Store } from "../plugin/surroundings.ts";
import type { Files, OpenFile } from "../ports/files.ts";

export interface UploadOperation extends Operation {
  readonly when?: WriteCondition | undefined;
  readonly contentType?: string | undefined;
  /** Told again and again how far it is. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Bytes that are read at once. */
const pieceBytes = 256 * 1024;

/**
 * Puts a file into a store, with its sha256 in the object's metadata where the store keeps metadata. Throws `StoreError`: "conflict"
 * when the condition does not hold, "corrupt" when the file changed meanwhile; "file-missing"; and the file system's own errors.
 */
export async function uploadFile(
  parts: { readonly files: Files },
  store: Store,
  path: string,
  key: string,
  op: UploadOperation,
): Promise<ObjectInfo> {
  if ((await parts.files.size(path)) === undefined) throw fault("file-missing", { path });
  const file = await parts.files.open(path, "read");
  try {
    const size = await file.size();
    const meta = store.can.metadata ? { sha256: await digestFile(file, size, op.signal) } : undefined;
    const { signal, when, contentType, onProgress } = op;
    return await store.write(key, bodyOf(file, size, onProgress), { signal, when, contentType, meta });
  } finally {
    await file.close();
  }
}

async function digestFile(file: OpenFile, size: number, signal: AbortSignal): Promise<string> {
  const digest = createHash("sha256");
  for (let at = 0; at < size; at += pieceBytes) {
    signal.throwIfAborted();
    digest.update(await file.read(at, Math.min(pieceBytes, size - at)));
  }
  return digest.digest("hex");
}

function bodyOf(file: OpenFile, size: number, onProgress: UploadOperation["onProgress"]): Body {
  return {
    size,
    async *open(from, to) {
      for (let at = from; at < to; ) {
        const bytes = await file.read(at, Math.min(pieceBytes, to - at));
        // A file that was cut short: the driver tells that the body is not as long as it said.
        if (bytes.byteLength === 0) return;
        yield bytes;
        at += bytes.byteLength;
        onProgress?.(at, size);
      }
    },
  };
}
