import { sha256Of } from "../digest.ts";
import type { ObjectInfo } from "../plugin/driver.ts";

/** The store's name of this very version of an object: its version id, else its modification time. */
export function versionOf(info: ObjectInfo): string {
  return info.version ?? String(info.modifiedAt);
}

/**
 * The name of a batch without an id of its own: what is in it, and which version of the object it was (SPEC 3.5). The same bytes
 * put again are a new batch; the same version never is. Both sides of the store compute the same name.
 */
export function batchName(sha256: string, version: string): string {
  const place = sha256Of(version);
  return `${sha256.slice(0, 24)}-${place.slice(0, 12)}`;
}

/** The name of a batch whose bytes were refused before they were read. */
export function unreadBatchName(info: ObjectInfo): string {
  return batchName("unread".padEnd(24, "-"), `${versionOf(info)} ${info.etag}`);
}
