import {
  type Clock,
  type Device,
  type Folder,
  type Log,
  type Random,
  RustiqError,
  reasonOf,
  type State,
  StoreError,
  type Stores,
  settleOrAbort,
  type Transfers,
  z,
} from "rustiq/plugin";
import { displayFault } from "./errors.ts";
import { headBytes, type PictureKind, recognisePicture } from "./picture.ts";

/** Looks at a picture that changes while it is fetched. */
const mostLooks = 3;

/** What is shown, as the commands answer it. */
export const shown = z.object({
  path: z.string().describe("key in the store"),
  sha256: z.string(),
  content_type: z.string(),
  shown_at: z.iso.datetime(),
});
type Shown = z.output<typeof shown>;

const shownRecord = shown.extend({ file: z.string() });

interface ScreenParts {
  readonly clock: Clock;
  readonly device: Device;
  readonly folder: Folder;
  readonly log: Log;
  readonly random: Random;
  readonly state: State;
  readonly stores: Stores;
  readonly transfers: Transfers;
  /** Name of the store that holds the pictures. */
  readonly store: string;
  /** Bytes of a picture at most. */
  readonly maxBytes: number;
}

/**
 * The picture that is shown: a file in the plugin's folder, and a durable record that names it. The record changes only when
 * the new file is whole, so the last good picture stays until then, also across a power cut.
 */
export class Screen {
  readonly #parts: ScreenParts;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ScreenParts) {
    this.#parts = parts;
  }

  current(): Shown | null {
    const read = shown.safeParse(this.#parts.state.get("current"));
    return read.success ? read.data : null;
  }

  /** Pictures are shown in the order in which they were asked for. */
  show(path: string, signal: AbortSignal): Promise<Shown> {
    const done = this.#turn.then(() => this.#show(path, signal));
    this.#turn = done.catch(() => undefined);
    // Who gives up while others are fetched need not wait for them; its own turn then ends at once.
    return settleOrAbort(done, signal);
  }

  /** Removes the files that nothing names any more. */
  async sweep(): Promise<void> {
    const { folder, log, state } = this.#parts;
    try {
      const current = shownRecord.safeParse(state.get("current"));
      for (const name of await folder.list()) {
        if (name.startsWith("pictures/") && name !== current.data?.file) await folder.remove(name);
      }
    } catch (error) {
      log.warn("an old picture could not be removed; the next change tries again", { reason: reasonOf(error) });
    }
  }

  async #show(path: string, signal: AbortSignal): Promise<Shown> {
    const { clock, state } = this.#parts;
    signal.throwIfAborted();
    const { file, sha256, contentType } = await this.#fetch(path, signal);
    const now: Shown = { path, sha256, content_type: contentType, shown_at: new Date(clock.now()).toISOString() };
    await state.put("current", { ...now, file });
    await this.sweep();
    return now;
  }

  async #fetch(path: string, signal: AbortSignal) {
    const { device, folder, random, transfers, store, maxBytes } = this.#parts;
    for (let look = 1; look <= mostLooks; look++) {
      const { etag, kind } = await this.#look(path, signal);
      // A name of its own: the picture that is shown is never overwritten.
      const file = `pictures/${random.hex(8)}.${kind.extension}`;
      const op = { signal, maxBytes };
      const fetched = await this.#reach(path, signal, () =>
        transfers.download(store, path, `${device.folder}/${file}`, op),
      );
      if (fetched.etag === etag) return { file, sha256: fetched.sha256, contentType: kind.contentType };
      await folder.remove(file);
    }
    throw displayFault("picture-changing", this.#tell(path, `changed ${mostLooks} times while it was fetched`));
  }

  /** Reads the first bytes only: what is no picture is not worth its transfer. */
  async #look(path: string, signal: AbortSignal): Promise<{ etag: string; kind: PictureKind }> {
    const store = this.#parts.stores.get(this.#parts.store);
    const { answer, head } = await this.#reach(path, signal, async () => {
      const info = await store.head(path, { signal });
      // No range fits an empty object.
      if (info === "missing" || info.size === 0) return { answer: info, head: new Uint8Array() };
      const read = await store.read(path, { signal, range: { start: 0, end: headBytes - 1 } });
      if (read.status !== "ok") return { answer: "missing" as const, head: new Uint8Array() };
      const chunks: Uint8Array[] = [];
      for await (const chunk of read.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return { answer: read.info, head: Buffer.concat(chunks).subarray(0, headBytes) };
    });
    if (answer === "missing") throw displayFault("picture-missing", this.#tell(path, "is not there"));
    const kind = recognisePicture(head);
    if (kind !== undefined) return { etag: answer.etag, kind };
    const found =
      head.byteLength === 0 ? "is empty" : `begins with ${Buffer.from(head.subarray(0, 8)).toString("hex")}`;
    throw displayFault("picture-broken", this.#tell(path, `${found}, which is no picture`));
  }

  async #reach<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const isMissing = error instanceof RustiqError && error.code === "object-missing";
      if (isMissing) throw displayFault("picture-missing", this.#tell(path, "is not there"), error);
      const code = error instanceof StoreError && error.retry === "never" ? "picture-refused" : "picture-unreachable";
      throw displayFault(code, this.#tell(path, `cannot be fetched: ${reasonOf(error)}`), error);
    }
  }

  #tell(path: string, what: string): string {
    const current = this.current();
    const kept = current === null ? "nothing is shown" : `${current.path} stays on the screen`;
    return `${this.#parts.store}/${path} ${what}; ${kept}`;
  }
}
