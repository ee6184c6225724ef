import { join } from "node:path";
import { fault } from "../../errors.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { folderOf } from "../../store/keys.ts";
import type { DownloadParts } from "../download-file.ts";
import { workAlone } from "./alone.ts";
import { runTransfers } from "./crew.ts";
import { fetchInto } from "./fetch.ts";
import { TargetFolder } from "./folder.ts";
import { listObjects } from "./listing.ts";
import { Manifest, type Origin } from "./manifest.ts";
import { type MirrorDownOptions, type MirrorOutcome, mostObjects } from "./outcome.ts";
import { planDown } from "./plan.ts";
import { readTree } from "./tree.ts";
import { findPlace, type Place, publishTree } from "./whole.ts";

/**
 * Makes a folder like a prefix of a store: what is new or changed is fetched, each file there completely or not at all, and with
 * `delete` what the store has not is removed. What the manifest in the folder (`.rustiq-mirror.jsonl`) says to be the same by etag,
 * size and the file's stamp costs no request, so an unchanged mirror costs its listing; a file that someone else has changed or
 * removed is fetched again. Interrupted anywhere it goes on where it was. Names that some file system takes for one, links in the
 * way and too many removals are refused before anything is changed. One mirror at a time
 * works on a folder, as far as `claim` can tell.
 *
 * Throws `StoreError`, "mirror-collision", "mirror-deletes", "mirror-too-large", "mirror-incomplete", "path-refused", "disk-full",
 * the signal's reason when it aborts, and the file system's own errors.
 */
export async function mirrorDown(
  parts: DownloadParts,
  store: Store,
  prefix: string,
  folder: string,
  options: MirrorDownOptions,
): Promise<MirrorOutcome> {
  const origin = { store: store.name, prefix: folderOf(prefix) };
  const place = await findPlace(parts.files, folder, options);
  return workAlone(parts, place.path, options, () => mirrorInto(place, parts, store, origin, options));
}

async function mirrorInto(
  place: Place,
  parts: DownloadParts,
  store: Store,
  origin: Origin,
  options: MirrorDownOptions,
): Promise<MirrorOutcome> {
  const { files, clock } = parts;
  const { signal, maxObjects = mostObjects } = options;
  const { root } = place;
  if ((await files.size(root)) !== undefined) {
    const reason = "it is a file; a mirror needs a folder";
    throw fault("path-refused", { path: root, reason }, { hint: "Name a folder, which need not be there yet." });
  }
  const listing = await listObjects(store, origin.prefix, maxObjects, options);
  const tree = await readTree(files, root, maxObjects, signal);
  const manifest = await Manifest.load(files, clock, root, origin);
  const plan = planDown(root, listing, tree, manifest, options);
  const { transfers, removals } = plan;
  const planned = transfers.reduce((sum, { bytes }) => sum + bytes, 0);
  options.onEvent?.({ type: "planned", transfers: transfers.length, bytes: planned, removals: removals.length });
  const ends = { transfers, removals, unchanged: plan.unchanged.length, ignored: [...tree.others] };
  if (options.dryRun === true) return { ...ends, bytes: 0 };
  if (options.atomic === true) {
    const hasWork = transfers.length > 0 || removals.length > 0;
    const bytes = hasWork
      ? await publishTree(parts, store, { origin, place, plan, listing, tree, manifest }, options)
      : 0;
    return { ...ends, bytes };
  }
  const target = new TargetFolder(files, root);
  const tellRemoved = async (name: string) => {
    await manifest.remove(name);
    options.onEvent?.({ type: "removed", name });
  };
  try {
    if (transfers.length > 0) await files.makeFolder(root);
    const first = new Set(plan.removedFirst);
    await target.remove(
      removals.filter((name) => first.has(name)),
      tellRemoved,
    );
    for (const name of plan.removedFirst) if (tree.folders.has(name)) await clearFolder(target, name, parts);
    const fetch = fetchInto(parts, store, { prefix: origin.prefix, target, manifest, mode: options.mode });
    const bytes = await runTransfers(transfers, options, fetch);
    await target.remove(
      removals.filter((name) => !first.has(name)),
      tellRemoved,
    );
    for (const name of tree.leftovers) await files.remove(join(root, name));
    await manifest.finish((name) => listing.has(name));
    return { ...ends, bytes };
  } catch (thrown) {
    // What has arrived is not to be fetched again; that it cannot be noted is no other fault than the one that is told.
    await manifest.flush().catch(() => undefined);
    throw thrown;
  }
}

/** Removes a folder where a file has to be, in which nothing but empty folders is left. Throws "path-refused" otherwise. */
async function clearFolder(target: TargetFolder, name: string, { files }: DownloadParts): Promise<void> {
  const path = join(target.root, name);
  const left = await readTree(files, path, mostObjects, new AbortController().signal);
  if (left.files.size > 0 || left.others.size > 0) {
    const reason = "a folder with files or links stands in the way of what the store has";
    throw fault("path-refused", { path, reason }, { hint: "Remove it, and begin again." });
  }
  await files.removeTree(path);
}
