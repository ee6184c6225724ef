import { join } from "node:path";
import { wantedFiles } from "../journal/recover.ts";
import type { DeviceState } from "../journal/state.ts";
import type { Files } from "../ports/files.ts";

/** Removes what crashes have left in the state folder: files that no record names, and downloads that were cut short. */
export async function sweepLeftovers(files: Files, stateDir: string, state: DeviceState): Promise<void> {
  const wanted = wantedFiles(state);
  await sweepFolder(files, join(stateDir, "incoming"), wanted.staged);
  await sweepFolder(files, join(stateDir, "results"), wanted.results);
  await sweepFolder(files, join(stateDir, "outbox"), wanted.outbox);
}

async function sweepFolder(files: Files, folder: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const { name, kind } of (await files.list(folder)) ?? []) {
    if (kind !== "folder" && !wanted.has(name)) await files.remove(join(folder, name));
  }
}
