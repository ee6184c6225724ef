import { reasonOf } from "../errors.ts";
import type { Events } from "../events.ts";
import type { Stores, Transfers } from "../plugin/surroundings.ts";
import { type DownloadParts, downloadFile } from "./download-file.ts";
import { mirrorDown } from "./mirror/down.ts";
import type { MirrorEvent } from "./mirror/outcome.ts";

/** Downloads and mirrors as plugins ask for them: to a place below the plugin's own folder, which no other process uses. */
export function createTransfers(
  parts: Omit<DownloadParts, "claim"> & { readonly stores: Stores; readonly events: Pick<Events, "tell"> },
): Transfers {
  const { clock, events } = parts;
  const busy = new Set<string>();
  const claim = async (path: string) => {
    if (busy.has(path)) return undefined;
    busy.add(path);
    return async () => void busy.delete(path);
  };
  const own = { ...parts, claim };
  return {
    download: async (store, key, path, op) => {
      const begun = clock.elapsed();
      const tell = (bytes: number, error?: string) => {
        const ms = Math.round(clock.elapsed() - begun);
        const failure = error === undefined ? {} : { error };
        events.tell("transfer", { direction: "down", store, key, bytes, ms, ...failure });
      };
      let bytes = 0;
      const onProgress = (done: number) => {
        bytes = done;
      };
      try {
        const file = await downloadFile(own, parts.stores.get(store), key, path, { ...op, onProgress });
        tell(file.size);
        return file;
      } catch (thrown) {
        tell(bytes, reasonOf(thrown));
        throw thrown;
      }
    },
    sync: async (store, prefix, path, op) => {
      const below = prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`;
      const onEvent = (event: MirrorEvent) => {
        if (event.type !== "transferred") return;
        events.tell("transfer", { direction: "down", store, key: `${below}${event.name}`, bytes: event.bytes });
      };
      const found = parts.stores.get(store);
      const mirrored = await mirrorDown(own, found, prefix, path, { ...op, onEvent });
      const { transfers, removals, unchanged, bytes } = mirrored;
      return { transferred: transfers.length, removed: removals.length, unchanged, bytes };
    },
  };
}
