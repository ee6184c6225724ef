import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { keyToPath, StoreError } from "rustiq/plugin";
import { isMissing } from "./errors.ts";

const temporaryName = /^\.rustiq-[0-9a-f]{16}\.tmp$/;

/** Name of a file that is being written; never listed, never a key. `random` is 16 hex digits. */
export function nameTemporary(random: string): string {
  return `.rustiq-${random}.tmp`;
}

export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/**
 * The key's names. The key rule is core's; here the same is asked once more, because a wrong path is the one fault of this
 * backend that reaches outside of its folder.
 */
export function splitKey(key: string): string[] {
  const names = keyToPath("", key).split(sep);
  const temporary = names.find(isTemporary);
  if (temporary === undefined) return names;
  const shown = JSON.stringify(key.slice(0, 200));
  throw new StoreError("invalid-key", `key ${shown} has a name of files that are being written; use another`);
}

/** Whether a file of this name can be reached by a key. */
export function isPlainName(name: string): boolean {
  try {
    splitKey(name);
    return true;
  } catch (thrown) {
    if (thrown instanceof StoreError) return false;
    throw thrown;
  }
}

/** The folder that holds the key's file, with no link on the way to it below the root. Undefined when it is not there. */
export async function findParent(root: string, names: readonly string[], what: string): Promise<string | undefined> {
  try {
    const realRoot = await realpath(root);
    // A root that is a file would make every key merely missing, and a wrong path would never be told.
    if (!(await stat(realRoot)).isDirectory()) {
      throw new StoreError("unavailable", `${what}: the store's path is a file; name a folder`);
    }
    const expected = join(realRoot, ...names.slice(0, -1));
    checkUnlinked(await realpath(expected), expected, what);
    return expected;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/** Throws "denied" when the folder is reached over a link, or by another spelling of its name. */
export function checkUnlinked(found: string, expected: string, what: string): void {
  if (found === expected || `${found}${sep}` === expected) return;
  throw new StoreError(
    "denied",
    `${what}: the way leads to ${found}, not to ${expected}; links below a store's folder are not followed and names keep their case`,
  );
}
