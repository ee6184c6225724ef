import { join } from "node:path";
import { fault, RustiqError } from "../../errors.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { hasErrno } from "../../ports/files.ts";
import { folderOf, joinPrefix } from "../../store/keys.ts";
import type { DownloadParts } from "../download-file.ts";
import { workInParallel } from "../parallel.ts";
import { uploadFile } from "../upload-file.ts";
import { workAlone } from "./alone.ts";
import { concurrencyOf, runTransfers } from "./crew.ts";
import { checkRemovals, listObjects } from "./listing.ts";
import { Manifest } from "./manifest.ts";
import { type MirrorOptions, type MirrorOutcome, mostObjects, type Transfer } from "./outcome.ts";
import { isSame } from "./plan.ts";
import { readTree } from "./tree.ts";

/**
 * Makes a prefix of a store like a folder: what is new or changed is sent, and with `delete` objects that the folder has not are
 * removed. Files that the manifest in the folder says to be the same, by size and time of change, are neither read nor sent. Links
 * are not followed; they are among `ignored`.
 *
 * Throws `StoreError`, "file-missing" for a folder that is not there, "mirror-deletes", "mirror-too-large", "mirror-incomplete",
 * the signal's reason when it aborts, and the file system's own errors.
 */
export async function mirrorUp(
  parts: DownloadParts,
  store: Store,
  prefix: string,
  folder: string,
  options: MirrorOptions,
): Promise<MirrorOutcome> {
  const { files } = parts;
  const root = await files.followLinks(folder);
  // A folder that is missing is a slip or an unplugged disk, never a reason to remove everything from the store.
  if ((await files.list(root)) === undefined) {
    throw fault("file-missing", { path: folder }, { hint: "Name a folder that is there." });
  }
  return workAlone(parts, root, options, () => mirrorFrom(root, parts, store, prefix, options));
}

async function mirrorFrom(
  root: string,
  parts: DownloadParts,
  store: Store,
  prefix: string,
  options: MirrorOptions,
): Promise<MirrorOutcome> {
  const { files, clock } = parts;
  const { signal, maxObjects = mostObjects } = options;
  const origin = { store: store.name, prefix: folderOf(prefix) };
  const tree = await readTree(files, root, maxObjects, signal);
  for (const name of tree.files.keys()) joinPrefix(prefix, name);
  const listing = await listObjects(store, origin.prefix, maxObjects, options);
  const manifest = await Manifest.load(files, clock, root, origin);
  const transfers: Transfer[] = [];
  for (const [name, local] of tree.files) {
    const [info, entry] = [listing.get(name), manifest.get(name)];
    if (info !== undefined && isSame(entry, info, local)) continue;
    const isLocal = entry === undefined || entry.stamp !== local.stamp || entry.size !== local.size;
    transfers.push({ name, bytes: local.size, why: info === undefined ? "new" : isLocal ? "changed" : "differs" });
  }
  const removals = options.delete === true ? [...listing.keys()].filter((name) => !tree.files.has(name)) : [];
  checkRemovals(removals.length, listing.size, "objects", options);
  const planned = transfers.reduce((sum, { bytes }) => sum + bytes, 0);
  options.onEvent?.({ type: "planned", transfers: transfers.length, bytes: planned, removals: removals.length });
  const unchanged = tree.files.size - transfers.length;
  const ends = { transfers, removals, unchanged, ignored: [...tree.others] };
  if (options.dryRun === true) return { ...ends, bytes: 0 };
  try {
    const bytes = await runTransfers(transfers, options, async ({ name }, op) => {
      const local = tree.files.get(name);
      const key = `${origin.prefix}${name}`;
      try {
        const sent = await uploadFile(parts, store, join(root, name), key, op);
        // A server may not say the etag of what it has put together from parts.
        const asked = sent.etag === "" ? await store.head(key, op) : sent;
        const info = asked === "missing" ? sent : asked;
        // The look from before: a change while it was sent is a change that the next run sees.
        await noteWhereAllowed(manifest.put(name, { etag: info.etag, size: info.size, stamp: local?.stamp ?? "" }));
        return info.size;
      } catch (thrown) {
        if (thrown instanceof RustiqError && thrown.code === "file-missing") return "vanished";
        throw thrown;
      }
    });
    await workInParallel(removals, concurrencyOf(options), signal, async (name, inner) => {
      await store.remove(`${origin.prefix}${name}`, { signal: inner });
      await noteWhereAllowed(manifest.remove(name));
      options.onEvent?.({ type: "removed", name });
    });
    await noteWhereAllowed(manifest.finish((name) => tree.files.has(name)));
    return { ...ends, bytes };
  } catch (thrown) {
    await manifest.flush().catch(() => undefined);
    throw thrown;
  }
}

/** A folder that may only be read can be sent from all the same; without a manifest the next run sends everything once more. */
async function noteWhereAllowed(noting: Promise<void>): Promise<void> {
  await noting.catch((thrown: unknown) => {
    if (!hasErrno(thrown, "EROFS", "EACCES", "EPERM")) throw thrown;
  });
}
