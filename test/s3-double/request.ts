import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

export type Headers = Readonly<Record<string, string>>;

/** The head of one request, `/bucket/key` or, at a host `bucket.localhost`, `/key`. */
export interface Asked {
  readonly method: string;
  /** As sent: percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Headers;
  /** Empty for the server itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  /** The API's name of it, such as `PutObject`; `unknown` for what the double does not know. */
  readonly operation: string;
}

/** One whole answer, before any fault. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Sub-resources of each operation; any other one is another operation, which the double does not know. */
const listed = ["list-type", "prefix", "start-after", "continuation-token", "max-keys", "encoding-type", "fetch-owner"];
const listedUploads = ["uploads", "prefix", "key-marker", "upload-id-marker", "max-uploads", "encoding-type"];
const operations: readonly (readonly [place: string, method: string, query: readonly string[], name: string])[] = [
  ["server", "GET", [], "ListBuckets"],
  ["bucket", "PUT", [], "CreateBucket"],
  ["bucket", "HEAD", [], "HeadBucket"],
  ["bucket", "DELETE", [], "DeleteBucket"],
  ["bucket", "GET", ["location"], "GetBucketLocation"],
  ["bucket", "GET", listed, "ListObjectsV2"],
  ["bucket", "GET", listedUploads, "ListMultipartUploads"],
  ["bucket", "GET", ["events", "prefix", "suffix"], "ListenBucketNotification"],
  ["key", "GET", [], "GetObject"],
  ["key", "HEAD", [], "HeadObject"],
  ["key", "PUT", [], "PutObject"],
  ["key", "DELETE", [], "DeleteObject"],
  ["key", "POST", ["uploads"], "CreateMultipartUpload"],
  ["key", "PUT", ["uploadId", "partNumber"], "UploadPart"],
  ["key", "GET", ["uploadId", "max-parts", "part-number-marker"], "ListParts"],
  ["key", "POST", ["uploadId"], "CompleteMultipartUpload"],
  ["key", "DELETE", ["uploadId"], "AbortMultipartUpload"],
];

function nameOperation(method: string, bucket: string, key: string, query: URLSearchParams): string {
  const place = bucket === "" ? "server" : key === "" ? "bucket" : "key";
  const names = [...query.keys()].filter((name) => name !== "x-id");
  const found = operations.find(([where, how, known]) => {
    // The first of them is what tells one from the other.
    const tells = known[0] === undefined || names.includes(known[0]);
    return where === place && how === method && tells && names.every((name) => known.includes(name));
  });
  return found?.[3] ?? "unknown";
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, "InvalidURI", "the path is not percent-encoded UTF-8");
  }
}

/** The bucket that the host names. */
function readHost(host: string | undefined): string | undefined {
  return /^(.+)\.localhost(?::\d+)?$/i.exec(host ?? "")?.[1];
}

export function readHead(request: IncomingMessage): Asked {
  const { method = "", url = "/" } = request;
  const at = url.indexOf("?");
  const path = at < 0 ? url : url.slice(0, at);
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at));
  const host = readHost(request.headers.host);
  const slash = host === undefined ? path.indexOf("/", 1) : 0;
  const bucket = host ?? decode(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = decode(slash < 0 ? "" : path.slice(slash + 1));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = [value ?? ""].flat().join(",");
  return { method, path, query, headers, bucket, key, operation: nameOperation(method, bucket, key, query) };
}
