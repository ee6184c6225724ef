import { createHash, createHmac } from "node:crypto";
import { Refusal } from "./refusal.ts";
import type { Asked } from "./request.ts";

export interface Keys {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  /** Temporary keys: the request must carry it. */
  readonly session_token?: string | undefined;
  /** The token is the right one, and not valid any more. */
  readonly expired?: boolean | undefined;
}

/** How a server answers who signs for another region: both ways are Amazon S3's. */
export type RegionAnswer = "malformed" | "redirect";

/** What a checked signature leaves for the body: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
export interface Signed {
  /** The header x-amz-content-sha256. */
  readonly payload: string;
  readonly key: Uint8Array;
  readonly date: string;
  readonly scope: string;
  readonly signature: string;
}

const longestSkewMs = 15 * 60_000;

export function hash(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function sign(key: Uint8Array | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** RFC 3986 with nothing reserved left, as SigV4 wants it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function canonicalize(asked: Asked, signedHeaders: string, payload: string): string {
  const path = asked.path.split("/").map((part) => encode(decodeURIComponent(part)));
  const query = [...asked.query].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort(compare);
  const headers = signedHeaders.split(";").map((name) => {
    return `${name}:${(asked.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`;
  });
  return [asked.method, path.join("/"), query.join("&"), headers.join(""), signedHeaders, payload].join("\n");
}

function readDate(text: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return parts.length === 0 ? Number.NaN : Date.UTC(year, month - 1, ...rest);
}

function readAuthorization(text: string) {
  const found = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(text);
  if (found === null) throw new Refusal(400, "AuthorizationHeaderMalformed", "the header Authorization is not SigV4's");
  const [, credential = "", signedHeaders = "", signature = ""] = found;
  const [id = "", day = "", region = "", service = "", end = ""] = credential.split("/");
  return { id, day, region, scope: [day, region, service, end].join("/"), signedHeaders, signature };
}

export interface Signing {
  readonly keys: readonly Keys[];
  readonly region: string;
  readonly regionAnswer: RegionAnswer;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

function refuseRegion(found: string, region: string, answer: RegionAnswer): never {
  if (answer === "redirect") {
    const text = "the bucket must be addressed in its own region";
    throw new Refusal(301, "PermanentRedirect", text, { "x-amz-bucket-region": region });
  }
  const text = `the region '${found}' is wrong; expecting '${region}'`;
  throw new Refusal(400, "AuthorizationHeaderMalformed", text, {}, region);
}

/** Checks the header signature of a request; throws a `Refusal` with the code that Amazon S3 gives. */
export function checkSignature(asked: Asked, { keys, region, regionAnswer, now }: Signing): Signed {
  const { headers } = asked;
  const authorization = headers["authorization"];
  if (authorization === undefined) throw new Refusal(403, "AccessDenied", "the request is not signed");
  const found = readAuthorization(authorization);
  const owner = keys.find((one) => one.access_key_id === found.id);
  if (owner === undefined) throw new Refusal(403, "InvalidAccessKeyId", "the access key is not known here");
  if (found.scope !== `${found.day}/${region}/s3/aws4_request`) refuseRegion(found.region, region, regionAnswer);
  const date = headers["x-amz-date"] ?? "";
  const time = readDate(date);
  if (Number.isNaN(time) || !date.startsWith(found.day)) {
    throw new Refusal(403, "AccessDenied", "x-amz-date is missing or does not fit the credential");
  }
  if (Math.abs(now - time) > longestSkewMs) {
    throw new Refusal(403, "RequestTimeTooSkewed", "the time of the request is too far from the server's");
  }
  const payload = headers["x-amz-content-sha256"];
  if (payload === undefined) throw new Refusal(400, "InvalidRequest", "the header x-amz-content-sha256 is missing");
  const names = found.signedHeaders.split(";");
  const unsigned = Object.keys(headers).filter((name) => /^(host|x-amz-.*)$/.test(name) && !names.includes(name));
  if (unsigned.length > 0)
    throw new Refusal(403, "AccessDenied", `headers that are not signed: ${unsigned.join(", ")}`);
  const key = [found.day, region, "s3", "aws4_request"].reduce<Buffer>(
    (signing, part) => sign(signing, part),
    Buffer.from(`AWS4${owner.secret_access_key}`),
  );
  const request = canonicalize(asked, found.signedHeaders, payload);
  const expected = sign(key, ["AWS4-HMAC-SHA256", date, found.scope, hash(request)].join("\n")).toString("hex");
  if (expected !== found.signature) {
    throw new Refusal(403, "SignatureDoesNotMatch", "the signature is not the one that the request should have");
  }
  if (headers["x-amz-security-token"] !== owner.session_token) {
    throw new Refusal(400, "InvalidToken", "the session token is not the one of this access key");
  }
  if (owner.expired === true) throw new Refusal(400, "ExpiredToken", "the session token has expired");
  return { payload, key, date, scope: found.scope, signature: found.signature };
}
