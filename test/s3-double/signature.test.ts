import { request } from "node:http";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../plugins/s3/client.ts";
import { type S3Double, type S3DoubleOptions, startS3Double } from "./index.ts";
import { readPayload } from "./payload.ts";
import { sign } from "./signature.ts";

const running: S3Double[] = [];
const Bucket = "signed";

async function start(options: S3DoubleOptions = {}): Promise<S3Double> {
  const double = await startS3Double(options);
  running.push(double);
  double.bucket(Bucket);
  return double;
}
afterEach(async () => {
  for (const double of running.splice(0)) await double.stop();
});

function put(double: S3Double, changed: { region?: string; keys?: Partial<S3Double["keys"]> } = {}) {
  const keys = { ...double.keys, ...changed.keys };
  const client = createClient({ ...double, ...changed, keys, bucket: Bucket });
  const sent = client.send(new PutObjectCommand({ Bucket, Key: "a b/ü+%'()*!~", Body: "x", Metadata: { a: "b  c" } }));
  return sent.finally(() => client.destroy());
}

/** The same signed head, with another body. */
function replay(endpoint: string, head: Record<string, string>, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`${endpoint}/${Bucket}/object?x-id=PutObject`, { method: "PUT", headers: head }, (answer) => {
      answer.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject);
    });
    sent.on("error", reject).end(body);
  });
}

describe("the signature", () => {
  test("is right with odd keys and headers", async () => {
    const double = await start();
    await put(double);
    expect(double.bucket(Bucket).keys).toEqual(["a b/ü+%'()*!~"]);
  });

  test.each([
    ["another secret key", { keys: { secret_access_key: "wrong" } }, 403, "SignatureDoesNotMatch"],
    ["another access key", { keys: { access_key_id: "unknown" } }, 403, "InvalidAccessKeyId"],
    ["another region", { region: "eu-west-9" }, 400, "AuthorizationHeaderMalformed"],
    ["a session token that nobody gave out", { keys: { session_token: "t" } }, 400, "InvalidToken"],
  ])("is refused with %s", async (_, changed, httpStatusCode, name) => {
    const double = await start();
    await expect(put(double, changed)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(double.bucket(Bucket).keys).toEqual([]);
  });

  test("is refused when the clocks differ by more than 15 minutes", async () => {
    const double = await start({ now: () => Date.now() + 16 * 60_000 });
    await expect(put(double)).rejects.toMatchObject({ name: "RequestTimeTooSkewed" });
    await put(await start({ now: () => Date.now() - 14 * 60_000 }));
  });

  test("takes temporary keys with their session token only", async () => {
    const keys = { access_key_id: "temporary", secret_access_key: "secret", session_token: "token" };
    const double = await start({ keys: [keys] });
    await put(double);
    await expect(put(double, { keys: { session_token: undefined } })).rejects.toMatchObject({ name: "InvalidToken" });
  });

  test("covers the body", async () => {
    const double = await start();
    const heads: Record<string, string>[] = [];
    const client = createClient({ ...double, bucket: Bucket });
    client.middlewareStack.add(
      (next) => (args) => {
        heads.push({ ...(args.request as { headers: Record<string, string> }).headers });
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await client.send(new PutObjectCommand({ Bucket, Key: "object", Body: "right" }));
    client.destroy();
    const [head = {}] = heads;
    expect(await replay(double.endpoint, head, "wrong")).toContain("<Code>XAmzContentSHA256Mismatch</Code>");
    const other = { ...head, "x-amz-meta-added": "later" };
    expect(await replay(double.endpoint, other, "right")).toContain("<Code>AccessDenied</Code>");
    expect(await replay(double.endpoint, {}, "right")).toContain("<Code>AccessDenied</Code>");
    expect(double.bucket(Bucket).objects.get("object")?.bytes.toString()).toBe("right");
  });

  test("is there for HEAD, which has no error document", async () => {
    const double = await start();
    const client = createClient({ ...double, bucket: Bucket, keys: { ...double.keys, secret_access_key: "wrong" } });
    const head = client.send(new HeadObjectCommand({ Bucket, Key: "object" }));
    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    client.destroy();
  });
});

describe("the signatures of chunks", () => {
  // The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  const [day, date] = ["20130524", "20130524T000000Z"];
  const secret = Buffer.from("AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  const signed = {
    payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    key: [day, "us-east-1", "s3", "aws4_request"].reduce<Buffer>((key, part) => sign(key, part), secret),
    date,
    scope: `${day}/us-east-1/s3/aws4_request`,
    signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  };
  const chunks = [
    [65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
    [1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
    [0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
  ] as const;
  const frame = (letter: string) =>
    Buffer.from(
      chunks.map(([size, sum]) => `${size.toString(16)};chunk-signature=${sum}\r\n${letter.repeat(size)}\r\n`).join(""),
    );
  const headers = { "x-amz-decoded-content-length": "66560" };

  test("are those of Amazon's example", () => {
    expect(readPayload(frame("a"), headers, signed, "amazon").bytes.equals(Buffer.alloc(66_560, "a"))).toBe(true);
  });

  test("cover every byte, the order and the length", () => {
    const code = (raw: Buffer, head = headers) => {
      try {
        readPayload(raw, head, signed, "amazon");
        return "taken";
      } catch (thrown) {
        return (thrown as { code?: string }).code;
      }
    };
    expect(code(frame("b"))).toBe("SignatureDoesNotMatch");
    expect(code(frame("a").subarray(0, 70_000 - 10_000))).toBe("IncompleteBody");
    expect(code(frame("a"), { "x-amz-decoded-content-length": "66561" })).toBe("IncompleteBody");
    expect(code(Buffer.from("no chunks\r\n"))).toBe("InvalidRequest");
  });
});
