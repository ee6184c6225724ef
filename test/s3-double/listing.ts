import type { Bucket } from "./bucket.ts";
import type { Dialect } from "./dialect.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Reply } from "./request.ts";
import { type Element, printDocument } from "./xml.ts";

export function answerXml(name: string, content: readonly Element[] | string): Reply {
  const body = Buffer.from(printDocument(name, content));
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** A count that may be asked for, at most 1,000. */
export function readCount(asked: Asked, name: string): number {
  const text = asked.query.get(name) ?? "1000";
  if (!/^\d{1,9}$/.test(text)) throw new Refusal(400, "InvalidArgument", `${name} is not a count`);
  return Math.min(1000, Number(text));
}

/** How keys are written in a listing, as `encoding-type` asks. */
export function keyPrinter(asked: Asked, dialect: Dialect): (key: string) => string {
  const type = asked.query.get("encoding-type");
  if (type === null) return (key) => key;
  if (type !== "url") throw new Refusal(400, "InvalidArgument", "encoding-type is not url");
  if (dialect === "ceph") return encodeURIComponent;
  return (key) => encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

/** Where `keys`, in UTF-8 order, go on after `key`. */
function indexAfter(keys: readonly string[], key: string): number {
  const wanted = Buffer.from(key);
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(Buffer.from(keys[middle] ?? ""), wanted) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function readToken(token: string): string {
  if (!token.startsWith("after-"))
    throw new Refusal(400, "InvalidArgument", "the continuation token is not one of ours");
  return Buffer.from(token.slice("after-".length), "base64url").toString();
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, without a delimiter. */
export function listObjects(bucket: Bucket, asked: Asked, dialect: Dialect): Reply {
  const { query } = asked;
  const print = keyPrinter(asked, dialect);
  const most = readCount(asked, "max-keys");
  const [prefix, token, start] = [query.get("prefix") ?? "", query.get("continuation-token"), query.get("start-after")];
  const after = token === null ? start : readToken(token);
  const contents: Element[] = [];
  let last: string | undefined;
  let isTruncated = false;
  const { keys } = bucket;
  // A key that is the prefix itself is the first one below it.
  const below = bucket.objects.has(prefix) ? indexAfter(keys, prefix) - 1 : indexAfter(keys, prefix);
  for (const key of keys.slice(Math.max(after === null ? 0 : indexAfter(keys, after), below))) {
    if (!key.startsWith(prefix)) break;
    isTruncated = contents.length >= most;
    if (isTruncated) break;
    const object = bucket.objects.get(key);
    if (object === undefined) continue;
    last = key;
    contents.push([
      "Contents",
      [
        ["Key", print(key)],
        ["LastModified", new Date(object.modifiedAt).toISOString()],
        ["ETag", object.etag],
        ["Size", object.bytes.byteLength],
        ["StorageClass", "STANDARD"],
      ],
    ]);
  }
  const next = isTruncated && last !== undefined ? `after-${Buffer.from(last).toString("base64url")}` : undefined;
  return answerXml("ListBucketResult", [
    ["Name", bucket.name],
    ["Prefix", print(prefix)],
    ["StartAfter", start === null ? undefined : print(start)],
    ["ContinuationToken", token ?? undefined],
    ["NextContinuationToken", next],
    ["KeyCount", contents.length],
    ["MaxKeys", most],
    ["EncodingType", query.get("encoding-type") ?? undefined],
    ["IsTruncated", next !== undefined],
    ...contents,
  ]);
}
