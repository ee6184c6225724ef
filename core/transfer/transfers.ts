import type { Stores, Transfers } from "../plugin/surroundings.ts";
import { type DownloadParts, downloadFile } from "./download-file.ts";

/** Downloads as plugins ask for them: into a file below the plugin's own folder, which no other process uses. */
export function createTransfers(parts: Omit<DownloadParts, "claim"> & { readonly stores: Stores }): Transfers {
  const busy = new Set<string>();
  const claim = async (path: string) => {
    if (busy.has(path)) return undefined;
    busy.add(path);
    return async () => void busy.delete(path);
  };
  return {
    download: (store, key, path, op) => downloadFile({ ...parts, claim }, parts.stores.get(store), key, path, op),
  };
}
