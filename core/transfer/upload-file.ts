import { fault } from "../errors.ts";
import { type ObjectInfo, type Operation, StoreError, type WriteCondition } from "../plugin/driver.ts";
import type { Clock, Random, Store } from "../plugin/surroundings.ts";
import type { Files } from "../ports/files.ts";
import { placeNote } from "./send/note.ts";
import { PartsUpload, usualPartBytes } from "./send/parts-upload.ts";
import { Source } from "./send/source.ts";

export interface UploadParts {
  readonly files: Files;
  readonly random: Random;
  readonly clock: Clock;
  /**
   * Makes this process and upload the only user of a path; undefined when another one uses it. Only who can do that may leave an
   * unfinished upload in the store and go on with it later; without it nothing is left of one that fails.
   */
  readonly claim?: ((path: string) => Promise<(() => Promise<void>) | undefined>) | undefined;
}

export interface UploadOperation extends Operation {
  readonly when?: WriteCondition | undefined;
  readonly contentType?: string | undefined;
  /** Bytes of a part, 8 MiB without it; more where the store's limits ask for it. A file of more than two parts is sent in parts. */
  readonly partBytes?: number | undefined;
  /** Told again and again how far it is. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Puts a file into a store, with its sha256 in the object's metadata where the store keeps metadata. A large one goes in parts, several
 * at once, where the store takes parts: what came of an upload that was cut short is gone on with by the next one of the same file to
 * the same key, also after a restart. The object is there whole or not at all.
 *
 * Throws `StoreError`: "conflict" when the condition does not hold, "corrupt" when the file changed meanwhile; "file-missing"; and
 * the file system's own errors.
 */
export async function uploadFile(
  parts: UploadParts,
  store: Store,
  path: string,
  key: string,
  op: UploadOperation,
): Promise<ObjectInfo> {
  if ((await parts.files.size(path)) === undefined) throw fault("file-missing", { path });
  const source = await Source.open(parts.files, path);
  try {
    return goesInParts(store, source.size, op)
      ? await sendInParts(parts, store, path, key, source, op)
      : await sendWhole(store, key, source, op);
  } finally {
    await source.close();
  }
}

function goesInParts(store: Store, size: number, { when, partBytes = usualPartBytes }: UploadOperation): boolean {
  if (size <= 2 * partBytes || store.multipart === undefined || !store.can.multipart) return false;
  return when === undefined || store.can.conditionalMultipart;
}

async function sendWhole(store: Store, key: string, source: Source, op: UploadOperation): Promise<ObjectInfo> {
  const { signal, when, contentType, onProgress } = op;
  const { metadata, checksums, largestWrite = Number.POSITIVE_INFINITY } = store.can;
  if (when !== undefined && source.size > largestWrite) {
    const found = `store ${store.name}: ${key}: ${source.size} bytes`;
    const reason = `it takes conditions only with up to ${largestWrite} bytes; send it without one`;
    throw new StoreError("unsupported", `${found}; ${reason}`);
  }
  const digests = metadata || checksums ? await source.digest({ md5: checksums }, signal) : undefined;
  const meta = metadata && digests !== undefined ? { sha256: digests.sha256 } : undefined;
  const body = source.body(0, source.size, (bytes) => onProgress?.(bytes, source.size));
  return store.write(key, body, { signal, when, contentType, meta, md5: digests?.md5 });
}

async function sendInParts(
  parts: UploadParts,
  store: Store,
  path: string,
  key: string,
  source: Source,
  op: UploadOperation,
): Promise<ObjectInfo> {
  const { multipart } = store;
  if (multipart === undefined) throw new StoreError("unsupported", `store ${store.name} takes no parts`);
  const place = placeNote(path, store.name, key);
  const release = await parts.claim?.(place);
  try {
    const { sha256 } = await source.digest({ md5: false }, op.signal);
    const notePath = release === undefined ? undefined : place;
    return await new PartsUpload({ parts, store, multipart, key, source, sha256, notePath, op }).run();
  } finally {
    await release?.();
  }
}
