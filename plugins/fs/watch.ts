import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, type Log, reasonOf } from "rustiq/plugin";
import { errnoOf, isMissing } from "./errors.ts";
import { isTemporary } from "./paths.ts";

export interface WatchOptions {
  readonly root: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Events within this time are one: a copy makes several. */
const quietMs = 20;
/** How often the folder itself is looked at: it may be made, removed, unmounted or mounted over, which no event tells. */
const lookMs = 2_000;
/** Kernel watches are a shared, limited good; a larger tree is looked at every `lookMs` instead. */
const mostFolders = 1_000;

/**
 * Yields once when it watches, then after something below the prefix may have changed: file events from every folder, new ones included. Where events are
 * not to be had (no folder yet, too many folders, no watches left) it yields every two seconds while the folder is there.
 */
export async function* watchFolder(options: WatchOptions): AsyncGenerator<void> {
  const { root, prefix, clock, log, signal } = options;
  const top = join(root, prefix.slice(0, prefix.lastIndexOf("/") + 1));
  const watchers = new Map<string, FSWatcher>();
  let changed = false;
  let isBlind = false;
  let wake = () => {};

  const note = () => {
    changed = true;
    wake();
  };
  const closeAll = () => {
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  };
  const add = (folder: string) => {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (name === null || !isTemporary(name)) note();
    });
    // A folder that is removed, or a device that is pulled, ends its watcher with an error.
    watcher.on("error", () => {
      watcher.close();
      watchers.delete(folder);
      note();
    });
    watchers.set(folder, watcher);
  };

  /** Brings the watchers in line with the folders that are there. */
  async function follow(): Promise<void> {
    try {
      const folders = await findFolders(top);
      isBlind = folders === "too many";
      if (folders === "too many") return closeAll();
      const gone = [...watchers.keys()].filter((folder) => !folders.has(folder));
      for (const folder of gone) {
        watchers.get(folder)?.close();
        watchers.delete(folder);
      }
      for (const folder of folders) if (!watchers.has(folder)) add(folder);
    } catch (thrown) {
      closeAll();
      isBlind = !isMissing(thrown);
      if (!isBlind) return awaitFolder();
      log.debug("no file events here; looking every 2 s", { folder: top, reason: reasonOf(thrown) });
    }
  }

  /** Watches the nearest folder above that is there, for the missing one to be made. */
  function awaitFolder(): void {
    for (let above = dirname(top); above.length >= root.length && watchers.size === 0; above = dirname(above)) {
      try {
        add(above);
      } catch (thrown) {
        if (!isMissing(thrown)) return;
      }
    }
  }

  /** Waits for an event; at most `lookMs`, and at once when the signal aborts. */
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        wake = () => {};
        resolve();
      };
      const cancel = clock.after(ms, done);
      wake = done;
      if (changed || signal.aborted) done();
      else signal.addEventListener("abort", done, { once: true });
    });

  try {
    let identity = await identify(top);
    await follow();
    // What changed before the watchers stood is nobody's event.
    if (!signal.aborted) yield;
    while (!signal.aborted) {
      await wait(lookMs);
      if (signal.aborted) return;
      const found = await identify(top);
      if (found !== identity) {
        // Another folder stands there now: the watchers hold on to the old one.
        closeAll();
        identity = found;
        changed = true;
      }
      if (changed) {
        await clock.sleep(quietMs, signal).catch(() => undefined);
        // Before the folders are read: what changes from here on is told once more.
        changed = false;
        await follow();
      } else if (!isBlind || found === undefined) continue;
      if (!signal.aborted) yield;
    }
  } finally {
    closeAll();
  }
}

/** Which folder stands at the path; changes when it is made anew or mounted over. */
async function identify(folder: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(folder);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

async function findFolders(top: string): Promise<ReadonlySet<string> | "too many"> {
  const found = new Set([top]);
  for (const folder of found) {
    const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => {
      if (folder !== top && (isMissing(thrown) || errnoOf(thrown) === "EACCES")) return [];
      throw thrown;
    });
    for (const entry of entries) if (entry.isDirectory()) found.add(join(folder, entry.name));
    if (found.size > mostFolders) return "too many";
  }
  return found;
}
