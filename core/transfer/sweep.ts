import { join } from "node:path";
import type { Journal } from "../journal/journal.ts";
import { wantedFiles } from "../journal/recover.ts";
import type { Files } from "../ports/files.ts";

/**
 * Removes what crashes have left in the state folder: files that no record names, and downloads that were cut short. What is removed
 * was there while the folder still had this owner; what a later one puts there is not touched.
 */
export async function sweepLeftovers(
  files: Files,
  stateDir: string,
  journal: Pick<Journal, "state" | "flush">,
): Promise<void> {
  const wanted = wantedFiles(journal.state);
  const leftovers = [
    ...(await listUnwanted(files, join(stateDir, "incoming"), wanted.staged)),
    ...(await listUnwanted(files, join(stateDir, "results"), wanted.results)),
    ...(await listUnwanted(files, join(stateDir, "outbox"), wanted.outbox)),
    ...(await listTemporary(files, join(stateDir, "stores"))),
  ];
  if (leftovers.length === 0) return;
  await journal.flush();
  for (const path of leftovers) await files.remove(path);
}

/** Findings about stores that were being written. */
async function listTemporary(files: Files, folder: string): Promise<readonly string[]> {
  const entries = (await files.list(folder)) ?? [];
  return entries.flatMap(({ name }) => (name.startsWith(".") ? [join(folder, name)] : []));
}

async function listUnwanted(files: Files, folder: string, wanted: ReadonlySet<string>): Promise<readonly string[]> {
  const entries = (await files.list(folder)) ?? [];
  return entries.flatMap(({ name, kind }) => (kind === "folder" || wanted.has(name) ? [] : [join(folder, name)]));
}
