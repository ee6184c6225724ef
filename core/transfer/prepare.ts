import { join } from "node:path";
import type { Files } from "../ports/files.ts";
import { readNotes } from "./fetch/notes.ts";
import { unfinishedAmong } from "./fetch/part.ts";
import { isNoteName, readNote } from "./send/note.ts";
import { keptUploadMs } from "./send/parts-upload.ts";

/** Milliseconds for which an unfinished download is kept that nobody goes on with: a week. */
const keptMs = 7 * 24 * 3600 * 1000;

/**
 * Makes a folder that downloads go to, without what a crash has left there and nobody can or will use: downloads that can be gone on
 * with, and the notes of uploads, stay for a week. What is removed was there while `checkOwner` still says that the folder is this process's own: a later
 * owner's downloads are not touched. `now`: milliseconds since the epoch.
 */
export async function prepareFolder(
  files: Files,
  folder: string,
  checkOwner: () => Promise<void>,
  now: number,
): Promise<void> {
  await files.makeFolder(folder);
  const useless = await findUseless(files, folder, now);
  if (useless.length === 0) return;
  await checkOwner();
  for (const path of useless) await files.remove(path);
}

async function findUseless(files: Files, folder: string, now: number): Promise<readonly string[]> {
  const entries = (await files.list(folder)) ?? [];
  const names = entries.filter(({ kind }) => kind !== "folder").map(({ name }) => name);
  const { useless, resumable } = unfinishedAmong(names);
  const found = useless.map((name) => join(folder, name));
  for (const { part, notes } of resumable) {
    const known = await readNotes(files, join(folder, notes));
    // A clock that was set back is no reason to keep it for years.
    if (known === undefined || Math.abs(now - known.at) > keptMs) found.push(join(folder, part), join(folder, notes));
  }
  for (const name of names.filter(isNoteName)) {
    const note = await readNote(files, join(folder, name));
    if (note === undefined || Math.abs(now - note.at) > keptUploadMs) found.push(join(folder, name));
  }
  for (const { name, kind } of entries) {
    if (kind === "folder") found.push(...(await findUseless(files, join(folder, name), now)));
  }
  return found;
}
