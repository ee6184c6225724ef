import { StoreError, type WriteCondition } from "../../plugin/driver.ts";
import type { Store } from "../../plugin/surroundings.ts";

function strip(etag: string): string {
  return etag.replaceAll('"', "");
}

/** Looked at before so much is sent; what counts is the condition at the end. */
export async function checkCondition(
  store: Store,
  key: string,
  when: WriteCondition,
  signal: AbortSignal,
): Promise<void> {
  const found = await store.head(key, { signal });
  const etag = found === "missing" ? undefined : found.etag;
  if ("absent" in when ? etag === undefined : etag !== undefined && strip(etag) === strip(when.match)) return;
  const expected = "absent" in when ? "no such object" : `etag ${when.match}`;
  throw new StoreError("conflict", `write ${key}: found ${etag ?? "no object"}; expected ${expected}`);
}
