import { RustiqError, reasonOf } from "../errors.ts";
import type { Store } from "../plugin/surroundings.ts";

/**
 * The JSON that an object of a store holds; undefined when there is none. Throws `StoreError`, and "object-unreadable" for one that
 * is not JSON or larger than `maxBytes`.
 */
export async function readJsonObject(
  store: Store,
  key: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<unknown> {
  const answer = await store.read(key, { signal });
  if (answer.status !== "ok") return undefined;
  const { size } = answer.info;
  if (size > maxBytes) {
    answer.body.destroy();
    throw unreadable(store, key, `it has ${size} bytes, and at most ${maxBytes} are read`);
  }
  const text = Buffer.concat(await answer.body.toArray({ signal })).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw unreadable(store, key, `it is not JSON: ${reasonOf(thrown)}`);
  }
}

export function unreadable(store: Store, key: string, reason: string): RustiqError {
  return new RustiqError("object-unreadable", `${store.name}/${key} cannot be read: ${reason}`, {
    hint: "Only devices write there; look at the object and remove it if it is a stranger's.",
  });
}
