import { basename, dirname, join } from "node:path";
import { fault } from "../../errors.ts";
import type { ObjectInfo } from "../../plugin/driver.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { type Files, hasErrno, type OpenFile } from "../../ports/files.ts";
import type { DownloadParts } from "../download-file.ts";
import { workInParallel } from "../parallel.ts";
import { concurrencyOf, runTransfers } from "./crew.ts";
import { fetchInto } from "./fetch.ts";
import { TargetFolder } from "./folder.ts";
import { Manifest, type Origin } from "./manifest.ts";
import { type MirrorDownOptions, mostObjects } from "./outcome.ts";
import { type DownPlan, isSame } from "./plan.ts";
import { readTree, stampOf, type Tree } from "./tree.ts";

/** Bytes that are copied at once where files cannot have two names. */
const pieceBytes = 1024 * 1024;

/** Where a mirrored folder lies, and what of it lies beside it. */
export interface Place {
  /** What is mirrored into: without links. */
  readonly root: string;
  /** As named; a link to `root` when the folder is mirrored as a whole. */
  readonly path: string;
  /** The two folders that take turns behind the link. */
  readonly trees: readonly [string, string];
  /** Where a plain folder is kept for the moment in which the link takes its place. */
  readonly aside: string;
  /** Where the next link is made. */
  readonly link: string;
}

/** Finds the folder, also after a process was killed while it became a link. Throws "path-refused". */
export async function findPlace(files: Files, folder: string, options: MirrorDownOptions): Promise<Place> {
  // A path tells its links only where it is there.
  if (options.dryRun !== true) await files.makeFolder(dirname(folder));
  const parent = await files.followLinks(dirname(folder));
  const beside = (what: string) => join(parent, `.${basename(folder)}.rustiq-${what}`);
  const path = join(parent, basename(folder));
  const [trees, aside, link] = [[beside("a"), beside("b")] as const, beside("old"), beside("link")];
  const root = await files.followLinks(path);
  if (root === path && (await files.list(path)) === undefined && (await files.list(aside)) !== undefined) {
    if (options.dryRun === true) return { root: aside, path, trees, aside, link };
    await files.rename(aside, path);
  }
  if (options.atomic === true && root !== path && !trees.includes(root)) {
    const reason = `it is a link to ${root}; a folder that is mirrored as a whole is a link of the mirror's own`;
    throw fault("path-refused", { path, reason }, { hint: "Name the folder that the link leads to." });
  }
  return { root, path, trees, aside, link };
}

interface Publication {
  readonly origin: Origin;
  readonly place: Place;
  readonly plan: DownPlan;
  readonly listing: ReadonlyMap<string, ObjectInfo>;
  readonly tree: Tree;
  readonly manifest: Manifest;
}

/**
 * Builds the whole tree beside the folder and puts it in its place in one step. What is unchanged gets a second name there, or is
 * copied where the file system has none; what an interrupted run has fetched already stays. Answers the bytes fetched.
 */
export async function publishTree(
  parts: DownloadParts,
  store: Store,
  what: Publication,
  options: MirrorDownOptions,
): Promise<number> {
  const { files } = parts;
  const { origin, place, plan, listing } = what;
  if (files.linkFolder === undefined) {
    const reason = "a folder can be mirrored as a whole only where there are links";
    throw fault("path-refused", { path: place.path, reason }, { hint: "Leave out --atomic." });
  }
  const staged = place.root === place.trees[0] ? place.trees[1] : place.trees[0];
  const { manifest, fetched, leftovers } = await openStage(parts, staged, what, options);
  const target = new TargetFolder(files, staged);
  const transfers = plan.transfers.filter(({ name }) => !fetched.has(name));
  let bytes: number;
  try {
    const removed = new Set(plan.removals);
    const kept = [...plan.unchanged, ...plan.extras.filter((name) => !removed.has(name))];
    await workInParallel(kept, concurrencyOf(options), options.signal, async (name) => {
      const path = await target.prepare(name);
      await giveSecondName(files, join(place.root, name), path);
      const [entry, look] = [what.manifest.get(name), await stampOf(files, path)];
      if (listing.has(name) && entry !== undefined) await manifest.put(name, { ...entry, stamp: look?.stamp ?? "" });
    });
    const fetch = fetchInto(parts, store, { ...origin, target, manifest, mode: options.mode });
    bytes = await runTransfers(transfers, options, fetch);
    for (const name of leftovers) await files.remove(join(staged, name));
    await target.sync();
    await manifest.finish((name) => listing.has(name));
  } catch (thrown) {
    await manifest.flush().catch(() => undefined);
    throw thrown;
  }
  await flip(files, place, staged, files.linkFolder.bind(files));
  for (const name of plan.removals) options.onEvent?.({ type: "removed", name });
  return bytes;
}

/** The folder to build in, with nothing in it but what an interrupted run has rightly fetched. */
async function openStage(parts: DownloadParts, staged: string, what: Publication, { signal }: MirrorDownOptions) {
  const { files, clock } = parts;
  const tree = await readTree(files, staged, 2 * mostObjects, signal);
  const manifest = await Manifest.load(files, clock, staged, what.origin);
  const fetched = new Set<string>();
  for (const { name } of what.plan.transfers) {
    const info = what.listing.get(name);
    if (info !== undefined && isSame(manifest.get(name), info, tree.files.get(name))) fetched.add(name);
  }
  const isOdd = tree.others.size > 0 || [...what.listing.keys()].some((name) => tree.folders.has(name));
  const isFresh = fetched.size === 0 && tree.leftovers.length === 0;
  if (isFresh || isOdd) {
    await files.removeTree(staged);
    await files.makeFolder(staged);
    return {
      manifest: await Manifest.load(files, clock, staged, what.origin),
      fetched: new Set<string>(),
      leftovers: [],
    };
  }
  const waste = [...tree.files.keys()].filter((name) => !fetched.has(name));
  for (const name of waste) await files.remove(join(staged, name));
  return { manifest, fetched, leftovers: tree.leftovers };
}

async function giveSecondName(files: Files, from: string, to: string): Promise<void> {
  try {
    if (files.link !== undefined) return await files.link(from, to);
  } catch (thrown) {
    if (!hasErrno(thrown, "EPERM", "ENOTSUP", "ENOSYS", "EMLINK", "EXDEV")) throw thrown;
  }
  const source = await files.open(from, "read");
  try {
    await copy(source, await files.open(to, "fresh"));
  } finally {
    await source.close();
  }
}

async function copy(source: OpenFile, made: OpenFile): Promise<void> {
  try {
    for (let at = 0; ; ) {
      const bytes = await source.read(at, pieceBytes);
      if (bytes.byteLength === 0) break;
      await made.write(at, bytes);
      at += bytes.byteLength;
    }
    await made.sync();
  } finally {
    await made.close();
  }
}

/** The one step: a link to the new tree takes the old one's place. A plain folder is renamed out of the way once. */
async function flip(
  files: Files,
  { root, path, link, aside }: Place,
  staged: string,
  linkFolder: (target: string, path: string) => Promise<void>,
): Promise<void> {
  await files.remove(link);
  await linkFolder(basename(staged), link);
  const isPlain = root === path && (await files.list(path)) !== undefined;
  if (isPlain) {
    await files.removeTree(aside);
    await files.rename(path, aside);
  }
  await files.rename(link, path);
  await files.syncFolder(dirname(path));
  await files.removeTree(aside);
  if (root !== path) await files.removeTree(root);
}
