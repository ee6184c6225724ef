// AWS Signature Version 4, for requests without an SDK: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac } from "node:crypto";

function sign(key, text) {
  return createHmac("sha256", key).update(text).digest();
}

function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The headers that sign a request for `url`; what stands in its query is signed too. `payload` is the body's sha256, or
 * "UNSIGNED-PAYLOAD"; without it `body` is digested.
 */
export function signedHeaders(method, url, { body, payload }, { access, secret, region }) {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const digest =
    payload ??
    createHash("sha256")
      .update(body ?? "")
      .digest("hex");
  const headers = { host: url.host, "x-amz-content-sha256": digest, "x-amz-date": time };
  const names = Object.keys(headers).sort();
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const canonical = [
    method,
    url.pathname,
    query.join("&"),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    digest,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = ["s3", "aws4_request"].reduce(sign, sign(sign(`AWS4${secret}`, day), region));
  const signature = sign(key, text).toString("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${access}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return headers;
}
