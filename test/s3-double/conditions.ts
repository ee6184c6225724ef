import type { StoredObject } from "./bucket.ts";
import type { Manner } from "./dialect.ts";
import { Refusal } from "./refusal.ts";
import type { Headers } from "./request.ts";

function strip(etag: string): string {
  return etag.trim().replace(/^W\//, "").replaceAll('"', "");
}

function matches(asked: string, etag: string): boolean {
  return asked.split(",").some((one) => one.trim() === "*" || strip(one) === strip(etag));
}

const failed = () => new Refusal(412, "PreconditionFailed", "the condition does not hold");

/** GET and HEAD; true for "304 Not Modified". RFC 9110, 13.2.2. */
export function isUnchanged(headers: Headers, { etag }: StoredObject): boolean {
  const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]];
  if (match !== undefined && !matches(match, etag)) throw failed();
  return noneMatch !== undefined && matches(noneMatch, etag);
}

/** PUT and the completion of an upload. That an object which should match is missing is "404 NoSuchKey" on Amazon S3. */
export function checkWrite(headers: Headers, found: StoredObject | undefined, { conditions, dialect }: Manner): void {
  const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]];
  if (conditions === "ignored" || (match === undefined && noneMatch === undefined)) return;
  if (conditions === "refused") throw new Refusal(501, "NotImplemented", "conditions on writes are not implemented");
  if (match !== undefined) {
    if (found === undefined) throw dialect === "ceph" ? failed() : new Refusal(404, "NoSuchKey", "no such object");
    const isQuoted = dialect === "ceph" && match.includes('"');
    if (isQuoted || !matches(match, found.etag)) throw failed();
  }
  if (noneMatch !== undefined && found !== undefined && matches(noneMatch, found.etag)) throw failed();
}
