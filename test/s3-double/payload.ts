import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Dialect } from "./dialect.ts";
import { Refusal } from "./refusal.ts";
import type { Headers } from "./request.ts";
import { hash, type Signed, sign } from "./signature.ts";

/** The body of a request after its framing and checksums were checked. */
export interface Payload {
  readonly bytes: Buffer;
  /** Checksums that were sent along and are right, by header name. */
  readonly checksums: Headers;
}

const emptyHash = hash("");

/** Takes the chunks of aws-chunked apart, checking each signature where there are any. */
function readChunks(raw: Buffer, signed: Signed): { readonly bytes: Buffer; readonly trailers: Headers } {
  const isSigned = signed.payload.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const chunks: Buffer[] = [];
  let at = 0;
  let previous = signed.signature;
  const readLine = () => {
    const end = raw.indexOf("\r\n", at);
    if (end < 0) throw new Refusal(400, "IncompleteBody", "a chunk breaks off");
    const line = raw.toString("latin1", at, end);
    at = end + 2;
    return line;
  };
  const check = (found: string | undefined, kind: string, ...parts: readonly string[]) => {
    const text = [`AWS4-HMAC-SHA256-${kind}`, signed.date, signed.scope, previous, ...parts].join("\n");
    previous = sign(signed.key, text).toString("hex");
    if (found !== previous) throw new Refusal(403, "SignatureDoesNotMatch", "the signature of a chunk does not fit it");
  };
  for (;;) {
    const [, size = "", signature] = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(readLine()) ?? [];
    const length = Number.parseInt(size, 16);
    if (Number.isNaN(length)) throw new Refusal(400, "InvalidRequest", "the body is not aws-chunked");
    const chunk = raw.subarray(at, at + length);
    if (chunk.byteLength < length) throw new Refusal(400, "IncompleteBody", "a chunk breaks off");
    if (isSigned) check(signature, "PAYLOAD", emptyHash, hash(chunk));
    if (length === 0) break;
    chunks.push(chunk);
    at += length;
    if (readLine() !== "") throw new Refusal(400, "InvalidRequest", "a chunk is longer than it says");
  }
  const trailers: Record<string, string> = {};
  while (at < raw.byteLength) {
    const line = readLine();
    const colon = line.indexOf(":");
    if (colon > 0) trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  if (isSigned && signed.payload.endsWith("-TRAILER")) {
    const { "x-amz-trailer-signature": signature, ...rest } = trailers;
    const lines = Object.entries(rest).map(([name, value]) => `${name}:${value}\n`);
    check(signature, "TRAILER", hash(lines.join("")));
    delete trailers["x-amz-trailer-signature"];
  }
  return { bytes: Buffer.concat(chunks), trailers };
}

function checksumOf(name: string, bytes: Buffer): string | undefined {
  if (name === "x-amz-checksum-sha256") return createHash("sha256").update(bytes).digest("base64");
  if (name === "x-amz-checksum-sha1") return createHash("sha1").update(bytes).digest("base64");
  if (name !== "x-amz-checksum-crc32") return undefined;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString("base64");
}

function checkChecksums(bytes: Buffer, headers: Headers): Headers {
  const right: Record<string, string> = {};
  for (const [name, found] of Object.entries(headers)) {
    const expected = checksumOf(name, bytes);
    if (expected === undefined) continue;
    if (found !== expected) throw new Refusal(400, "BadDigest", `${name} is not that of the bytes that arrived`);
    right[name] = found;
  }
  const md5 = headers["content-md5"];
  if (md5 !== undefined && md5 !== createHash("md5").update(bytes).digest("base64")) {
    throw new Refusal(400, "BadDigest", "content-md5 is not that of the bytes that arrived");
  }
  return right;
}

/** Throws a `Refusal` when the bytes are not those that the head of the request announced. */
export function readPayload(raw: Buffer, headers: Headers, signed: Signed, dialect: Dialect): Payload {
  if (dialect === "ceph" && signed.payload === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    throw new Refusal(411, "MissingContentLength", "a checksum behind the body is not understood");
  }
  if (signed.payload.startsWith("STREAMING-")) {
    const { bytes, trailers } = readChunks(raw, signed);
    if (Number(headers["x-amz-decoded-content-length"]) !== bytes.byteLength) {
      throw new Refusal(400, "IncompleteBody", "x-amz-decoded-content-length is not the number of bytes that arrived");
    }
    return { bytes, checksums: checkChecksums(bytes, { ...headers, ...trailers }) };
  }
  if (signed.payload !== "UNSIGNED-PAYLOAD" && signed.payload !== hash(raw)) {
    throw new Refusal(400, "XAmzContentSHA256Mismatch", "x-amz-content-sha256 is not that of the bytes that arrived");
  }
  return { bytes: raw, checksums: checkChecksums(raw, headers) };
}
