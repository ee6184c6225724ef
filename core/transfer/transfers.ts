import type { Stores, Transfers } from "../plugin/surroundings.ts";
import { type DownloadParts, downloadFile } from "./download-file.ts";
import { mirrorDown } from "./mirror/down.ts";

/** Downloads and mirrors as plugins ask for them: to a place below the plugin's own folder, which no other process uses. */
export function createTransfers(parts: Omit<DownloadParts, "claim"> & { readonly stores: Stores }): Transfers {
  const busy = new Set<string>();
  const claim = async (path: string) => {
    if (busy.has(path)) return undefined;
    busy.add(path);
    return async () => void busy.delete(path);
  };
  const own = { ...parts, claim };
  return {
    download: (store, key, path, op) => downloadFile(own, parts.stores.get(store), key, path, op),
    sync: async (store, prefix, path, op) => {
      const { transfers, removals, unchanged, bytes } = await mirrorDown(
        own,
        parts.stores.get(store),
        prefix,
        path,
        op,
      );
      return { transferred: transfers.length, removed: removals.length, unchanged, bytes };
    },
  };
}
