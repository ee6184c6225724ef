import { join } from "node:path";
import { fault } from "../../errors.ts";
import type { DownloadParts } from "../download-file.ts";
import { manifestName } from "./manifest.ts";
import type { MirrorOptions } from "./outcome.ts";

/** Works on a folder while no other mirror does, as far as `claim` can tell. Throws "path-refused" when one does. */
export async function workAlone<T>(
  { claim }: Pick<DownloadParts, "claim">,
  folder: string,
  { dryRun }: MirrorOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (claim === undefined || dryRun === true) return work();
  const release = await claim(join(folder, manifestName));
  if (release === undefined) {
    const reason = "another mirror is at work on it";
    throw fault("path-refused", { path: folder, reason }, { hint: "Wait until it has ended; nothing was changed." });
  }
  try {
    return await work();
  } finally {
    await release();
  }
}
