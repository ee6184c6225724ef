import { StoreError } from "../plugin/driver.ts";
import { checkKey, checkLength } from "../plugin/keys.ts";

export { checkKey, checkPrefix, compareKeys, keyToPath } from "../plugin/keys.ts";

/** Whether the key keeps the rule. For keys that others chose, as a listing brings them. */
export function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch (thrown) {
    if (thrown instanceof StoreError) return false;
    throw thrown;
  }
}

/** The key below a prefix, joined with one `/` (SPEC 2); an empty prefix is the root. Checked as a whole. */
export function joinPrefix(prefix: string, key: string): string {
  checkKey(key);
  const joined = `${folderOf(prefix)}${key}`;
  checkLength("key with its store's prefix", joined);
  return joined;
}

/** The prefix of a store with its closing `/`, or nothing for the root. Throws as `checkKey`; one closing `/` is accepted. */
export function folderOf(prefix: string): string {
  if (prefix === "") return "";
  const bare = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  checkKey(bare, "prefix");
  return `${bare}/`;
}
