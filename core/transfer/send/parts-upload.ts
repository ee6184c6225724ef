import { type Multipart, type ObjectInfo, type StoredPart, StoreError } from "../../plugin/driver.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { withinLimit } from "../../ports/clock.ts";
import { backoffMs } from "../backoff.ts";
import { workInParallel } from "../parallel.ts";
import type { UploadOperation, UploadParts } from "../upload-file.ts";
import { checkCondition } from "./condition.ts";
import { readNote, type UploadNote, writeNote } from "./note.ts";
import type { Source } from "./source.ts";

const mebibyte = 1024 * 1024;
/** Bytes of a part where nothing else is said. */
export const usualPartBytes = 8 * mebibyte;
const partsAtOnce = 4;
const mostTries = 5;
const firstWaitMs = 200;
const longestWaitMs = 20_000;
/** Milliseconds that giving an upload up may take. */
const givingUpMs = 10_000;
/** Milliseconds after which an unfinished upload is gone on with by nobody: a week. */
export const keptUploadMs = 7 * 24 * 3600 * 1000;

/** Bytes of each part but the last: as wanted, where the store's limits leave the choice. */
export function partBytesOf(
  size: number,
  { smallestPart, mostParts }: Multipart["limits"],
  wanted = usualPartBytes,
): number {
  const needed = mebibyte * Math.ceil(size / mostParts / mebibyte);
  return size > wanted * mostParts ? Math.max(smallestPart, needed) : Math.max(smallestPart, wanted);
}

/** What is sent where. `notePath` is absent where nobody could go on with it. */
export interface Sending {
  readonly parts: UploadParts;
  readonly store: Store;
  readonly multipart: Multipart;
  readonly key: string;
  readonly source: Source;
  readonly sha256: string;
  readonly notePath: string | undefined;
  readonly op: UploadOperation;
}

/** One object that is sent in parts, several at once. */
export class PartsUpload {
  readonly #sending: Sending;
  readonly #partBytes: number;
  /** Bytes that were sent, by the number of their part. */
  readonly #sent = new Map<number, number>();
  #upload = "";
  #isNoted = false;

  constructor(sending: Sending) {
    this.#sending = sending;
    this.#partBytes = partBytesOf(sending.source.size, sending.multipart.limits, sending.op.partBytes);
  }

  /**
   * Goes on with what an earlier run has sent, or begins. What fails for good is given up in the store too; after what may pass, the
   * upload stays for the next run where there is a note of it.
   */
  async run(): Promise<ObjectInfo> {
    const { op, store, source } = this.#sending;
    const kept = await this.#findKept();
    if (kept === "landed") return this.#describeLanded();
    if (kept === undefined) await this.#begin();
    const done = new Map((kept ?? []).map((part) => [part.number, part]));
    try {
      const count = Math.ceil(source.size / this.#partBytes);
      const numbers = Array.from({ length: count }, (_, index) => index + 1);
      await workInParallel(numbers, partsAtOnce, op.signal, async (number, signal) => {
        done.set(number, await this.#sendPart(number, done.get(number), signal));
      });
      if (await source.hasChanged())
        throw new StoreError("corrupt", `write ${this.#sending.key}: its file has changed`, { retry: "never" });
      const info = await this.#complete(numbers.flatMap((number) => done.get(number) ?? []));
      await this.#forget();
      return { ...info, contentType: op.contentType, meta: this.#meta };
    } catch (thrown) {
      if (!this.#isNoted || isFinal(thrown, op.signal)) await this.#giveUp(store);
      throw thrown;
    }
  }

  get #meta() {
    return this.#sending.store.can.metadata ? { sha256: this.#sending.sha256 } : undefined;
  }

  /** The parts of an earlier run that are there still; "landed" when it had come to its end and only nobody was told. */
  async #findKept(): Promise<readonly StoredPart[] | "landed" | undefined> {
    const { parts, store, multipart, key, source, sha256, notePath, op } = this.#sending;
    const note = notePath === undefined ? undefined : await readNote(parts.files, notePath);
    if (note === undefined || note.store !== store.name || note.key !== key) return undefined;
    const isSame =
      note.sha256 === sha256 &&
      note.size === source.size &&
      note.partBytes === this.#partBytes &&
      note.contentType === op.contentType;
    if (!isSame) {
      await multipart.abort(key, note.upload, op);
      return undefined;
    }
    const found = await multipart.listParts(key, note.upload, op);
    if (found !== "missing") {
      this.#upload = note.upload;
      this.#isNoted = true;
      return found;
    }
    // An upload ends by being completed or given up, and this one was not given up: then its note would be gone.
    const there = await store.head(key, op);
    if (there === "missing" || there.size !== source.size || there.meta?.["sha256"] !== sha256) return undefined;
    return "landed";
  }

  async #describeLanded(): Promise<ObjectInfo> {
    const info = await this.#look();
    await this.#forget();
    return info;
  }

  async #begin(): Promise<void> {
    const { parts, store, multipart, key, source, sha256, notePath, op } = this.#sending;
    const { contentType, signal } = op;
    if (op.when !== undefined) await checkCondition(store, key, op.when, op.signal);
    const now = parts.clock.now();
    // Uploads whose sender has lost its note, which nobody else would ever remove.
    for (const { upload, startedAt } of await multipart.listUploads(key, op))
      if (now - startedAt > keptUploadMs) await multipart.abort(key, upload, op);
    this.#upload = await multipart.begin(key, { signal, contentType, meta: this.#meta });
    if (notePath === undefined) return;
    const note: UploadNote = {
      store: store.name,
      key,
      upload: this.#upload,
      sha256,
      size: source.size,
      partBytes: this.#partBytes,
      contentType,
      at: now,
    };
    // A folder that cannot be written to can be sent from all the same.
    this.#isNoted = await writeNote(parts.files, notePath, note).then(
      () => true,
      () => false,
    );
  }

  async #sendPart(number: number, kept: StoredPart | undefined, signal: AbortSignal): Promise<StoredPart> {
    const { parts, store, multipart, key, source } = this.#sending;
    const from = (number - 1) * this.#partBytes;
    const to = Math.min(from + this.#partBytes, source.size);
    const comparesKept = kept?.md5 !== undefined && kept.size === to - from;
    const md5 = comparesKept || store.can.checksums ? await source.md5(from, to, signal) : undefined;
    if (comparesKept && kept.md5 === md5) {
      this.#tell(number, to - from);
      return kept;
    }
    const body = source.body(from, to, (bytes) => this.#tell(number, bytes));
    const op = { signal, md5: store.can.checksums ? md5 : undefined };
    for (let failures = 1; ; failures++) {
      try {
        const part = await multipart.writePart(key, this.#upload, number, body, op);
        if (part.md5 === undefined || md5 === undefined || part.md5 === md5) return part;
        throw new StoreError(
          "corrupt",
          `write part ${number} of ${key}: the store says MD5 ${part.md5}; expected ${md5}`,
        );
      } catch (thrown) {
        const isRetried = thrown instanceof StoreError && thrown.retry !== "never" && failures < mostTries;
        if (!isRetried || signal.aborted || (await source.hasChanged())) throw thrown;
        const waitMs = backoffMs(failures, parts.random, firstWaitMs, longestWaitMs);
        await parts.clock.sleep(Math.max(waitMs, Math.min(thrown.retryAfterMs ?? 0, longestWaitMs)), signal);
      }
    }
  }

  #tell(number: number, bytes: number): void {
    const { op, source } = this.#sending;
    this.#sent.set(number, bytes);
    if (op.onProgress === undefined) return;
    let sum = 0;
    for (const part of this.#sent.values()) sum += part;
    op.onProgress(sum, source.size);
  }

  /** An answer that was lost is looked for: an upload that is there no longer has become the object. */
  async #complete(stored: readonly StoredPart[]): Promise<ObjectInfo> {
    const { parts, multipart, key, op } = this.#sending;
    for (let failures = 1; ; failures++) {
      try {
        return await multipart.complete(key, this.#upload, stored, { signal: op.signal, when: op.when });
      } catch (thrown) {
        const isUnclear = thrown instanceof StoreError && thrown.retry !== "never";
        // After an unclear try the next one may find that there is nothing left to do.
        if (!isUnclear && failures === 1) throw thrown;
        if (op.signal.aborted) throw thrown;
        if ((await multipart.listParts(key, this.#upload, op)) === "missing") return this.#look();
        if (!isUnclear || failures >= mostTries) throw thrown;
        await parts.clock.sleep(backoffMs(failures, parts.random, firstWaitMs, longestWaitMs), op.signal);
      }
    }
  }

  async #look(): Promise<ObjectInfo> {
    const { store, key, source, op, parts } = this.#sending;
    const found = await store.head(key, op);
    if (found !== "missing") return found;
    // It was there, and somebody has removed it since.
    return { key, size: source.size, etag: "", modifiedAt: parts.clock.now() };
  }

  /** The store must not keep, and ask money for, what nobody will use. */
  async #giveUp(store: Store): Promise<void> {
    const { parts, multipart, key } = this.#sending;
    const onLimit = () =>
      new Error(`giving up the upload of ${key} to ${store.name} took longer than ${givingUpMs} ms`);
    const isGone = await withinLimit(parts.clock, givingUpMs, undefined, onLimit, (signal) =>
      multipart.abort(key, this.#upload, { signal }),
    ).then(
      () => true,
      () => false,
    );
    // With its note the next run gives it up.
    if (isGone) await this.#forget();
  }

  async #forget(): Promise<void> {
    const { parts, notePath } = this.#sending;
    if (notePath !== undefined) await parts.files.remove(notePath).catch(() => undefined);
  }
}

/** Whether trying again later is of no use. */
function isFinal(thrown: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || !(thrown instanceof StoreError)) return false;
  return ["conflict", "corrupt", "invalid-key", "too-large", "unsupported"].includes(thrown.code);
}
