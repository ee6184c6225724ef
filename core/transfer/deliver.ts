import { createHash } from "node:crypto";
import type { OutboxItem } from "../journal/records.ts";
import { type Operation, StoreError } from "../plugin/driver.ts";
import type { Log, Store } from "../plugin/surroundings.ts";

/**
 * Puts one waiting item into its store. What is never to be overwritten and is there already counts as delivered when it is the same:
 * it is this very result, whose confirmation was lost. Something else under its name (two ids that differ in case only, on a file
 * system that folds them) keeps its place, and the item gets a name of its own beside it.
 */
export async function deliver(
  store: Store,
  item: OutboxItem,
  bytes: Uint8Array,
  op: Operation & { readonly log: Log },
): Promise<void> {
  const { signal } = op;
  const { contentType } = item;
  if (!item.createOnly) {
    await store.write(item.key, bytes, { signal, contentType });
    return;
  }
  if (await create(store, item.key, bytes, contentType, signal)) return;
  if (await isSame(store, item.key, bytes, signal)) return;
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const key = item.key.replace(/(\.[^./]*)?$/, `.${digest}$1`);
  op.log.error(`${item.key} is taken by something else in store ${store.name}; the result is kept as ${key}`);
  await create(store, key, bytes, contentType, signal);
}

/** False when something is there already. */
async function create(
  store: Store,
  key: string,
  bytes: Uint8Array,
  contentType: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (store.can.createOnly) {
    try {
      await store.write(key, bytes, { signal, contentType, when: { absent: true } });
      return true;
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      if (thrown.code === "conflict") return false;
      // The file system below the store may not be able to promise what the backend can.
      if (thrown.code !== "unsupported") throw thrown;
    }
  }
  if ((await store.head(key, { signal })) !== "missing") return false;
  await store.write(key, bytes, { signal, contentType });
  return true;
}

async function isSame(store: Store, key: string, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  const answer = await store.read(key, { signal });
  if (answer.status !== "ok") throw new StoreError("unavailable", `${key} was there and is ${answer.status} now`);
  if (answer.info.size !== bytes.byteLength) {
    answer.body.destroy();
    return false;
  }
  let at = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    if (Buffer.compare(chunk, bytes.subarray(at, at + chunk.byteLength)) !== 0) return false;
    at += chunk.byteLength;
  }
  return at === bytes.byteLength;
}
