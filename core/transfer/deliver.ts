import { createHash } from "node:crypto";
import { sha256Of } from "../digest.ts";
import type { OutboxItem } from "../journal/records.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Log, Store } from "../plugin/surroundings.ts";

/** Puts waiting items into their stores, and remembers what each store really does with a condition. */
export class Deliverer {
  readonly #log: Log;
  /** Whether a store refuses to overwrite where it is asked to; unknown until it was tried. */
  readonly #honours = new Map<string, boolean>();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * What is never to be overwritten and is there already counts as delivered when it is the same: it is this very result, whose
   * confirmation was lost. Something else under its name (two ids that differ in case only, on a file system that folds them) keeps
   * its place, and the item gets a name of its own beside it.
   */
  async deliver(store: Store, item: OutboxItem, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { contentType, key } = item;
    if (!item.createOnly) {
      await store.write(key, bytes, { signal, contentType });
      return;
    }
    const object = { bytes, contentType };
    if (await this.#create(store, key, object, signal)) return;
    if (await isSame(store, key, bytes, signal)) return;
    const digest = sha256Of(bytes).slice(0, 12);
    const other = key.replace(/(\.[^./]*)?$/, `.${digest}$1`);
    this.#log.error(`${key} is taken by something else in store ${store.name}; the result is kept as ${other}`);
    await this.#create(store, other, object, signal);
  }

  /** False when something is there already. */
  async #create(
    store: Store,
    key: string,
    { bytes, contentType }: { readonly bytes: Uint8Array; readonly contentType: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const honours = store.can.createOnly ? this.#honours.get(store.name) : false;
    // A store that ignores the condition says nothing of it: until it is known to heed it, it is asked first.
    if (honours !== true && (await store.head(key, { signal })) !== "missing") return false;
    if (honours === false) {
      await store.write(key, bytes, { signal, contentType });
      return true;
    }
    const create = () => tryCreate(store, key, bytes, contentType, signal);
    const created = await create();
    if (created === "unsupported") {
      // The file system below the store may not be able to promise what the backend can.
      this.#honours.set(store.name, false);
      return this.#create(store, key, { bytes, contentType }, signal);
    }
    if (created === "taken") this.#honours.set(store.name, true);
    else if (honours === undefined) await this.#probe(store, create);
    return created === "created";
  }

  /** Creates the same once more, which has to be refused. Without an answer the next delivery tries again. */
  async #probe(store: Store, create: () => Promise<Creation>): Promise<void> {
    const again = await create().catch(() => undefined);
    if (again === undefined) return;
    this.#honours.set(store.name, again === "taken");
    if (again === "taken") return;
    this.#log.warn(`store ${store.name} overwrites although it is told not to; it is asked before every result`);
  }
}

type Creation = "created" | "taken" | "unsupported";

async function tryCreate(
  store: Store,
  key: string,
  bytes: Uint8Array,
  contentType: string,
  signal: AbortSignal,
): Promise<Creation> {
  try {
    await store.write(key, bytes, { signal, contentType, when: { absent: true } });
    return "created";
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.code === "conflict") return "taken";
    if (thrown instanceof StoreError && thrown.code === "unsupported") return "unsupported";
    throw thrown;
  }
}

async function isSame(store: Store, key: string, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  const answer = await store.read(key, { signal });
  if (answer.status !== "ok") throw new StoreError("unavailable", `${key} was there and is ${answer.status} now`);
  // The store's own word counts more than a body that may have suffered on its way.
  if (answer.info.md5 !== undefined) {
    answer.body.destroy();
    return answer.info.md5 === createHash("md5").update(bytes).digest("hex");
  }
  if (answer.info.size !== bytes.byteLength) {
    answer.body.destroy();
    return false;
  }
  let at = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    if (Buffer.compare(chunk, bytes.subarray(at, at + chunk.byteLength)) !== 0) return false;
    at += chunk.byteLength;
  }
  if (at < bytes.byteLength) throw new StoreError("unavailable", `${key} broke off after ${at} of its bytes`);
  return true;
}
