import { fault, RustiqError } from "../errors.ts";
import type { Operation, ReadAnswer } from "../plugin/driver.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Clock, DownloadedFile, Random, Store } from "../plugin/surroundings.ts";
import type { Files } from "../ports/files.ts";
import { saveBody } from "./download.ts";

export interface DownloadParts {
  readonly files: Files;
  readonly random: Random;
  readonly clock: Clock;
  /** Bytes of the disk that are kept for other things. */
  readonly reservedBytes: () => number;
}

export interface DownloadOperation extends Operation {
  /** A larger object is refused before its body is read. */
  readonly maxBytes?: number | undefined;
  /** The digest that the object must have, in hexadecimal; its own metadata's without it. */
  readonly sha256?: string | undefined;
  /** Told again and again how far it is. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Tries of one download at the most; each begins anew when the object changed or the body broke. */
const mostTries = 5;

/**
 * Fetches an object into a file: it is there completely or not at all. Throws `StoreError`, "object-missing", "disk-full", and the
 * file system's own errors.
 */
export async function downloadFile(
  parts: DownloadParts,
  store: Store,
  key: string,
  path: string,
  op: DownloadOperation,
): Promise<DownloadedFile> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await store.read(key, { signal: op.signal });
      if (answer.status === "missing") {
        const hint = `Put it there, or list what is there: call_service('transfer', 'list', '${store.name}', '').`;
        throw new RustiqError("object-missing", `store ${store.name} has no object ${key}`, { hint });
      }
      if (answer.status !== "ok")
        throw new StoreError("unavailable", `${key}: an unconditional read was answered ${answer.status}`);
      checkSize(answer, op.maxBytes);
      await checkRoom(answer, path, parts);
      return await saveBody(parts.files, parts.random, answer, path, op.signal);
    } catch (thrown) {
      const isRetried = thrown instanceof StoreError && thrown.retry === "safe" && attempt < mostTries;
      if (!isRetried || op.signal.aborted) throw thrown;
    }
  }
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
  { files, reservedBytes }: DownloadParts,
): Promise<void> {
  const free = await files.free(path);
  const reserved = reservedBytes();
  if (free === undefined || free >= info.size + reserved) return;
  body.destroy();
  const reason = `${info.key} has ${info.size} bytes; ${free} are free, of which ${reserved} are kept for results`;
  throw fault("disk-full", { reason });
}
