import { type Bucket, describe, md5, type StoredObject } from "./bucket.ts";
import { checkWrite, isUnchanged } from "./conditions.ts";
import type { Manner } from "./dialect.ts";
import type { Payload } from "./payload.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Headers, Reply } from "./request.ts";

const nothing = Buffer.alloc(0);

function findObject(bucket: Bucket, key: string): StoredObject {
  const object = bucket.objects.get(key);
  if (object === undefined) throw new Refusal(404, "NoSuchKey", "there is no such object");
  return object;
}

/** First and last byte of the answer to a Range header; undefined where the header is to be ignored (RFC 9110, 14.2). */
function readRange(text: string | undefined, size: number): readonly [number, number] | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(text ?? "");
  const [from = "", to = ""] = found?.slice(1) ?? [];
  if (found === null || (from === "" && to === "")) return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && from !== "" && Number(to) < first) return undefined;
  if (first >= size) {
    throw new Refusal(416, "InvalidRange", "the range begins beyond the end", { "content-range": `bytes */${size}` });
  }
  return [first, last];
}

function headersOf(object: StoredObject): Headers {
  return {
    ...object.headers,
    etag: object.etag,
    "last-modified": new Date(object.modifiedAt).toUTCString(),
    "accept-ranges": "bytes",
  };
}

/** GET and HEAD. `shift` moves the answered range away from the one that was asked for. */
export function readObject(bucket: Bucket, asked: Asked, shift: number, ignoresRange: boolean): Reply {
  const object = findObject(bucket, asked.key);
  const headers = headersOf(object);
  if (isUnchanged(asked.headers, object)) return { status: 304, headers, body: nothing };
  const size = object.bytes.byteLength;
  const range = ignoresRange ? undefined : readRange(asked.headers["range"], size);
  if (range === undefined) return { status: 200, headers, body: object.bytes };
  const [first, last] = range.map((at) => Math.max(0, Math.min(size - 1, at + shift))) as [number, number];
  const body = object.bytes.subarray(first, last + 1);
  return { status: 206, headers: { ...headers, "content-range": `bytes ${first}-${last}/${size}` }, body };
}

/** The object of a PUT, once it is whole and its condition holds. */
export function writeObject(bucket: Bucket, asked: Asked, payload: Payload, manner: Manner): Reply {
  if (asked.headers["x-amz-copy-source"] !== undefined) throw new Refusal(501, "NotImplemented", "no copies");
  checkWrite(asked.headers, bucket.objects.get(asked.key), manner);
  const { headers } = describe(asked.key, asked.headers);
  const { bytes, checksums } = payload;
  const object = { bytes, headers, etag: `"${md5(bytes)}"`, modifiedAt: manner.now };
  bucket.put(asked.key, object);
  return { status: 200, headers: { etag: object.etag, ...checksums }, body: nothing };
}

/** Removing what is not there is no error. */
export function removeObject(bucket: Bucket, asked: Asked): Reply {
  bucket.remove(asked.key);
  return { status: 204, headers: {}, body: nothing };
}
