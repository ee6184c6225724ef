import { fault } from "../../errors.ts";
import type { ObjectInfo, Operation } from "../../plugin/driver.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { manifestName } from "./manifest.ts";

/** The objects below a prefix (with its closing `/`), by their names below it. Throws "mirror-too-large", `StoreError`. */
export async function listObjects(
  store: Store,
  prefix: string,
  limit: number,
  { signal }: Operation,
): Promise<ReadonlyMap<string, ObjectInfo>> {
  const found = new Map<string, ObjectInfo>();
  for await (const info of store.list(prefix, { signal })) {
    signal.throwIfAborted();
    const name = info.key.slice(prefix.length);
    // A folder that is a mirror may be a store too.
    if (name === manifestName) continue;
    if (found.size === limit) throw fault("mirror-too-large", { where: `${store.name}/${prefix}`, limit });
    found.set(name, info);
  }
  signal.throwIfAborted();
  return found;
}

/** Refuses to remove more than a share of what is there. Throws "mirror-deletes". */
export function checkRemovals(
  count: number,
  total: number,
  what: string,
  {
    force,
    maxDeleteShare = 0.25,
  }: { readonly force?: boolean | undefined; readonly maxDeleteShare?: number | undefined },
): void {
  if (force === true || count <= total * maxDeleteShare) return;
  const share = Math.round(maxDeleteShare * 1000) / 10;
  throw fault("mirror-deletes", { count, total, what, share });
}
