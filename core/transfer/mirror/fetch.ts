import { RustiqError } from "../../errors.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { type DownloadParts, downloadFile } from "../download-file.ts";
import type { TransferWork } from "./crew.ts";
import type { TargetFolder } from "./folder.ts";
import type { Manifest } from "./manifest.ts";
import { stampOf } from "./tree.ts";

/** Fetches one file of the listing into the folder and notes it. */
export function fetchInto(
  parts: DownloadParts,
  store: Store,
  into: {
    readonly prefix: string;
    readonly target: TargetFolder;
    readonly manifest: Manifest;
    readonly mode: number | undefined;
  },
): TransferWork {
  const { prefix, target, manifest, mode } = into;
  return async ({ name }, op) => {
    const path = await target.prepare(name);
    try {
      const { size, sha256, etag } = await downloadFile(parts, store, `${prefix}${name}`, path, { ...op, mode });
      const { stamp = "" } = (await stampOf(parts.files, path)) ?? {};
      await manifest.put(name, { etag, size, sha256, stamp });
      return size;
    } catch (thrown) {
      // Removed since it was listed: the next run sees it as missing.
      if (thrown instanceof RustiqError && thrown.code === "object-missing") return "vanished";
      throw thrown;
    }
  };
}
