import { basename, dirname } from "node:path";
import { fault, RustiqError } from "../errors.ts";
import { type ObjectInfo, type Operation, StoreError } from "../plugin/driver.ts";
import type { Clock, DownloadedFile, Random, Store } from "../plugin/surroundings.ts";
import type { Files } from "../ports/files.ts";
import { backoffMs } from "./backoff.ts";
import { readPromise, saveBody } from "./download.ts";
import { checkDigests } from "./fetch/digests.ts";
import { Fetch, mostTries, type OpenAnswer, smallestRequest } from "./fetch/fetch.ts";
import { blockBytesOf } from "./fetch/notes.ts";
import { PartFile, placePart } from "./fetch/part.ts";
import { RunningDigest } from "./fetch/running-digest.ts";

export interface DownloadParts {
  readonly files: Files;
  readonly random: Random;
  readonly clock: Clock;
  /** Bytes of the disk that are kept for other things. */
  readonly reservedBytes: () => number;
  /**
   * Makes this process and download the only user of a path; undefined when another one uses it. Only who can do that may leave an
   * unfinished file and go on with it later; without it nothing is left of a download that fails.
   */
  readonly claim?: ((path: string) => Promise<(() => Promise<void>) | undefined>) | undefined;
}

export interface DownloadOperation extends Operation {
  /** A larger object is refused before its body is read. */
  readonly maxBytes?: number | undefined;
  /** The digest that the object must have, in hexadecimal; its own metadata's without it. */
  readonly sha256?: string | undefined;
  /** Permission bits of the file; for its owner only (0600) without it. Its time of change is the object's. */
  readonly mode?: number | undefined;
  /** Told again and again how far it is. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

const firstWaitMs = 200;
const longestWaitMs = 20_000;

/**
 * Fetches an object into a file, by parallel ranges of one version where the store has ranges. The file is there completely or not at
 * all; what came of a download that was cut short is gone on with by the next one of the same object to the same path, also after a
 * restart. Throws `StoreError`, "object-missing", "disk-full", and the file system's own errors.
 */
export async function downloadFile(
  parts: DownloadParts,
  store: Store,
  key: string,
  path: string,
  op: DownloadOperation,
): Promise<DownloadedFile> {
  const own = placePart(dirname(path), basename(path), store.name, key);
  const release = await parts.claim?.(own.part);
  const place = release === undefined ? placePart(dirname(path), parts.random.hex(16), store.name, key) : own;
  try {
    const download = new Download(parts, store, key, path, op, place);
    for (let failures = 1; ; failures++) {
      try {
        return await download.run();
      } catch (thrown) {
        const isSafe = thrown instanceof StoreError && thrown.retry === "safe" && !download.hasGivenUp;
        const isRetried = isSafe && failures < mostTries;
        const isKept = release !== undefined && isWorthKeeping(thrown, op.signal);
        if (!isKept) await PartFile.remove(parts.files, place).catch(() => undefined);
        if (!isRetried || op.signal.aborted) throw thrown;
        const waitMs = backoffMs(failures, parts.random, firstWaitMs, longestWaitMs);
        await parts.clock.sleep(Math.max(waitMs, Math.min(thrown.retryAfterMs ?? 0, longestWaitMs)), op.signal);
      }
    }
  } finally {
    await release?.();
  }
}

/** What came before a network failed or somebody stopped it is good; a full disk wants its space back, and wrong bytes are no use. */
function isWorthKeeping(thrown: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return true;
  return thrown instanceof StoreError && thrown.code !== "corrupt" && thrown.code !== "conflict";
}

/** One download to one path, try after try. */
class Download {
  readonly #parts: DownloadParts;
  readonly #store: Store;
  readonly #key: string;
  readonly #path: string;
  readonly #op: DownloadOperation;
  readonly #place: ReturnType<typeof placePart>;
  /** The requests for its ranges were tried again and again already. */
  hasGivenUp = false;

  constructor(
    parts: DownloadParts,
    store: Store,
    key: string,
    path: string,
    op: DownloadOperation,
    place: ReturnType<typeof placePart>,
  ) {
    this.#parts = parts;
    this.#store = store;
    this.#key = key;
    this.#path = path;
    this.#op = op;
    this.#place = place;
  }

  async run(): Promise<DownloadedFile> {
    const known = await PartFile.look(this.#parts.files, this.#place);
    if (known?.store === this.#store.name && known.key === this.#key) return this.#resume(known);
    const answer = await this.#readFirst();
    const { info, range } = answer;
    const end = range.end ?? info.size - 1;
    try {
      this.#checkSize(info.size);
      await this.#checkRoom(info.size);
    } catch (thrown) {
      answer.body.destroy();
      throw thrown;
    }
    const isWhole = range.start === 0 && end === info.size - 1;
    const isPinned = info.etag !== "" && this.#store.can.ranges;
    // Little is lost when it breaks, or there is no way to go on with it.
    if (isWhole && (info.size <= blockBytesOf(info.size) || !isPinned)) return this.#save(answer);
    return this.#fetch({ store: this.#store.name, key: this.#key, etag: info.etag, size: info.size }, answer);
  }

  /** The object, or its first bytes with what the store says of it. */
  async #readFirst(): Promise<OpenAnswer> {
    const { signal } = this.#op;
    if (this.#store.can.ranges) {
      const range = { start: 0, end: smallestRequest - 1 };
      // An empty object has no first byte.
      const answer = await this.#store.read(this.#key, { signal, range }).catch((thrown: unknown) => {
        if (thrown instanceof StoreError && thrown.code === "unsupported") return undefined;
        throw thrown;
      });
      if (answer !== undefined) return this.#expectObject(answer);
    }
    return this.#expectObject(await this.#store.read(this.#key, { signal }));
  }

  #expectObject(answer: Awaited<ReturnType<Store["read"]>>): OpenAnswer {
    if (answer.status === "ok") return answer;
    if (answer.status === "missing") throw this.#missing();
    throw new StoreError("unavailable", `${this.#key}: an unconditional read was answered ${answer.status}`);
  }

  #missing(): RustiqError {
    const { name } = this.#store;
    const hint = `Put it there, or list what is there: call_service('transfer', 'list', '${name}', '').`;
    return new RustiqError("object-missing", `store ${name} has no object ${this.#key}`, { hint });
  }

  async #save(answer: OpenAnswer): Promise<DownloadedFile> {
    const { files, random } = this.#parts;
    const { signal, sha256, mode } = this.#op;
    const attributes = { mode, modifiedAt: answer.info.modifiedAt };
    const saved = await saveBody(files, random, answer, this.#path, signal, sha256, attributes);
    this.#op.onProgress?.(saved.size, saved.size);
    return saved;
  }

  /** Goes on with a part, when the object is still the same version. */
  async #resume(version: PartFile["version"]): Promise<DownloadedFile> {
    const info = await this.#store.head(this.#key, { signal: this.#op.signal });
    if (info === "missing") throw this.#missing();
    if (info.etag !== version.etag || info.size !== version.size) {
      await PartFile.remove(this.#parts.files, this.#place);
      return this.run();
    }
    this.#checkSize(info.size);
    return this.#fetch(version, undefined, info);
  }

  /** Fetches what is missing, compares the whole and publishes it. `answer` is an answer from the beginning of the object. */
  async #fetch(
    version: PartFile["version"],
    answer: OpenAnswer | undefined,
    said: ObjectInfo | undefined = answer?.info,
  ): Promise<DownloadedFile> {
    const { signal, onProgress } = this.#op;
    const folder = dirname(this.#path);
    const part = await this.#openPart(version, folder).catch((thrown: unknown) => {
      answer?.body.destroy();
      throw thrown;
    });
    try {
      await part.check(signal);
      let done = part.doneBytes;
      if (answer === undefined) await this.#checkRoom(version.size - done);
      const promised = this.#op.sha256 ?? readPromise(said);
      const digest = new RunningDigest(part, promised === undefined && said?.md5 !== undefined);
      const fetch = new Fetch(this.#parts, this.#store, part, digest, (count) => {
        done += count;
        onProgress?.(Math.min(done, version.size), version.size);
      });
      // The first answer holds as many blocks as were asked for.
      const run = answer === undefined ? undefined : fetch.take(blocksOf(answer, part));
      const begun = run === undefined || answer === undefined ? undefined : { run, answer };
      await fetch.run(begun, signal).catch((thrown: unknown) => {
        this.hasGivenUp = !(thrown instanceof StoreError && thrown.code === "conflict");
        throw thrown;
      });
      const found = await digest.finish();
      checkDigests(this.#key, found, { sha256: promised, md5: promised === undefined ? said?.md5 : undefined });
      await part.publish(this.#path, folder, { mode: this.#op.mode, modifiedAt: said?.modifiedAt });
      return { path: this.#path, size: version.size, sha256: found.sha256, etag: version.etag };
    } finally {
      answer?.body.destroy();
      await part.close();
    }
  }

  async #openPart(version: PartFile["version"], folder: string): Promise<PartFile> {
    const { files, clock } = this.#parts;
    await files.makeFolder(folder);
    return PartFile.open(files, this.#place, version, clock.now());
  }

  /** Refuses an object before its body is read. */
  #checkSize(size: number): void {
    const { maxBytes = Number.POSITIVE_INFINITY } = this.#op;
    if (size <= maxBytes) return;
    throw new StoreError("too-large", `${this.#key} has ${size} bytes; at most ${maxBytes} are taken`);
  }

  /** Refuses bytes that the disk has no room for beside what is kept for outcomes. */
  async #checkRoom(bytes: number): Promise<void> {
    const free = await this.#parts.files.free(this.#path);
    const reserved = this.#parts.reservedBytes();
    if (free === undefined || free >= bytes + reserved) return;
    const reason = `${this.#key} needs ${bytes} bytes; ${free} are free, of which ${reserved} are kept for results`;
    throw fault("disk-full", { reason });
  }
}

function blocksOf({ info, range }: OpenAnswer, part: PartFile): number {
  return Math.ceil(((range.end ?? info.size - 1) + 1) / part.blockBytes);
}
