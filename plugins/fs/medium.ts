import { lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "rustiq/plugin";
import { isMissing } from "./errors.ts";

/** Which folder stands at the root, as `checkMedium` saw it. */
export type Medium = string;

/**
 * Throws "unavailable" when the root has no file or folder of the marker's name: then what the store is to be in (a stick, a network
 * mount) is not there, and the folder that stands in its place must not pass for an empty store. Without a marker nobody can tell.
 */
export async function checkMedium(root: string, marker: string | undefined, what: string): Promise<Medium | undefined> {
  if (marker === undefined) return undefined;
  try {
    await lstat(join(root, marker));
    const { dev, ino } = await stat(root);
    return `${dev}:${ino}`;
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    const cure = `mount it, or make the marker ${JSON.stringify(marker)} there that the store's entry asks for`;
    throw new StoreError("unavailable", `${what}: the store is not there: its folder has no marker; ${cure}`);
  }
}

/** The same afterwards: what was found is only believed when it was the same medium all the time. */
export async function checkSame(
  root: string,
  marker: string | undefined,
  before: Medium | undefined,
  what: string,
): Promise<void> {
  if ((await checkMedium(root, marker, what)) === before) return;
  throw new StoreError("unavailable", `${what}: another medium was mounted meanwhile; ask again`);
}
