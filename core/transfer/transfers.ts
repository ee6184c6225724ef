import type { Stores, Transfers } from "../plugin/surroundings.ts";
import { type DownloadParts, downloadFile } from "./download-file.ts";

/** Downloads as plugins ask for them: into a file below the plugin's own folder. */
export function createTransfers(parts: DownloadParts & { readonly stores: Stores }): Transfers {
  return {
    download: (store, key, path, op) => downloadFile(parts, parts.stores.get(store), key, path, op),
  };
}
