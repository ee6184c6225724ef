import { type AddressInfo, createServer } from "node:net";
import { VirtualClock } from "rustiq/testkit";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Driver } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { limitTime } from "../../../core/store/layers/limit.ts";
import { openBucket } from "../../../plugins/s3/driver.ts";
import { answer, refuse, withServer } from "./failing-server.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
const keys = { access_key_id: "CANARYACCESSKEY00000", secret_access_key: "canary-secret-key" };
const drivers: Driver[] = [];

afterEach(() => {
  for (const driver of drivers.splice(0)) driver.close?.();
});

function open(endpoint: string): Driver {
  const driver = openBucket({ bucket: "bucket", region: "eu-west-1", endpoint, keys }, nodeClock());
  drivers.push(driver);
  return driver;
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof Error)) throw new Error(`did not fail: ${String(thrown)}`);
  expect(thrown.name).toBe("StoreError");
  for (const text of [thrown.message, JSON.stringify(thrown), String(thrown.cause ?? "")]) {
    expect(text).not.toMatch(/canary|AWS4-HMAC|echo of/i);
  }
  return thrown;
}

async function list(driver: Driver): Promise<void> {
  for await (const info of driver.list("", { signal })) expect(info).toBeUndefined();
}

describe("a connection that is refused", () => {
  test("is safe to repeat in every operation: nothing was sent", async () => {
    let closed = "";
    await withServer(
      () => undefined,
      async (endpoint) => {
        closed = endpoint;
      },
    );
    const driver = open(closed);
    const expected = { code: "unavailable", retry: "safe", message: expect.stringContaining("ECONNREFUSED") };
    expect(await failureOf(driver.head("key", { signal }))).toMatchObject(expected);
    expect(await failureOf(driver.read("key", { signal }))).toMatchObject(expected);
    expect(await failureOf(driver.write("key", bytes, { signal }))).toMatchObject(expected);
    expect(await failureOf(driver.remove("key", { signal }))).toMatchObject(expected);
    expect(await failureOf(list(driver))).toMatchObject(expected);
  });

  test("is so for a name that does not resolve", async () => {
    const error = await failureOf(open("http://nowhere.invalid:9000").write("key", bytes, { signal }));
    expect(error).toMatchObject({ code: "unavailable", retry: "safe" });
  });
});

test("a server that speaks plain http under https is told as that", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const error = await failureOf(open(`https://127.0.0.1:${port}`).head("key", { signal }));
    expect(error).toMatchObject({ code: "unavailable", retry: "safe" });
    expect(error.message).toContain("if it speaks plain http, set S3_STORE_CUSTOM_HTTP_SCHEME=http");
  } finally {
    server.close();
  }
});

test("credentials that a profile does not give are told with its name", async () => {
  // Otherwise the SDK's chain ends at the cloud's metadata service, which is not asked for here.
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  const driver = openBucket(
    {
      bucket: "bucket",
      region: "eu-west-1",
      endpoint: "http://127.0.0.1:9",
      profile: "factory",
    },
    nodeClock(),
  );
  drivers.push(driver);
  const error = await failureOf(driver.head("key", { signal }));
  vi.unstubAllEnvs();
  expect(error).toMatchObject({ code: "denied", retry: "never" });
  expect(error.message).toContain(
    "the profile factory is not there or gives no credentials; correct credentials_profile",
  );
});

describe("a connection that breaks after the request went out", () => {
  test("leaves a write and a removal with unknown outcome, a read safe", async () => {
    await withServer(
      (socket) => socket.resetAndDestroy(),
      async (endpoint) => {
        const driver = open(endpoint);
        expect(await failureOf(driver.write("key", bytes, { signal }))).toMatchObject({
          code: "unavailable",
          retry: "unknown-outcome",
          message: expect.stringMatching(/^write key in bucket bucket: ECONNRESET: /),
        });
        expect(await failureOf(driver.remove("key", { signal }))).toMatchObject({ retry: "unknown-outcome" });
        expect(await failureOf(driver.read("key", { signal }))).toMatchObject({ code: "unavailable", retry: "safe" });
        expect(await failureOf(list(driver))).toMatchObject({ retry: "safe" });
      },
    );
  });

  test("fails a body in its middle", async () => {
    await withServer(
      (socket) => {
        const head = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\netag: "e"\r\n\r\n';
        socket.write(`${head}${"x".repeat(400)}`, () => setImmediate(() => socket.resetAndDestroy()));
      },
      async (endpoint) => {
        const driver = limitTime("incoming", nodeClock(), 10_000)(open(endpoint));
        const got = await driver.read("key", { signal });
        if (got.status !== "ok") throw new Error(got.status);
        expect(await failureOf(got.body.toArray())).toMatchObject({ code: "unavailable", retry: "safe" });
      },
    );
  });
});

test("a server that never answers is left at the limit, and its connection closed", async () => {
  let closed = false;
  await withServer(
    (socket) => {
      socket.on("close", () => {
        closed = true;
      });
    },
    async (endpoint, requests) => {
      const clock = new VirtualClock();
      const driver = limitTime("incoming", clock, 30_000)(open(endpoint));
      const failed = failureOf(driver.write("key", bytes, { signal }));
      await expect.poll(() => requests.length).toBe(1);
      await clock.advance(31_000);
      expect(await failed).toMatchObject({ code: "timeout", retry: "unknown-outcome" });
      await expect.poll(() => closed).toBe(true);
    },
  );
});

/** Status and code of the answer, then what a write and a read make of it. */
const answers = [
  [403, "AccessDenied", "denied", "never", "never"],
  [403, "InvalidAccessKeyId", "denied", "never", "never"],
  [403, "SignatureDoesNotMatch", "denied", "never", "never"],
  [400, "ExpiredToken", "denied", "never", "never"],
  [403, "RequestTimeTooSkewed", "unavailable", "safe", "safe"],
  [404, "NoSuchBucket", "unavailable", "safe", "safe"],
  [400, "InvalidToken", "denied", "never", "never"],
  [307, "TemporaryRedirect", "unavailable", "safe", "safe"],
  [301, "PermanentRedirect", "denied", "never", "never"],
  [400, "AuthorizationHeaderMalformed", "denied", "never", "never"],
  [409, "ConditionalRequestConflict", "unavailable", "safe", "safe"],
  [409, "OperationAborted", "unavailable", "safe", "safe"],
  [400, "BadDigest", "corrupt", "safe", "safe"],
  [400, "RequestTimeout", "timeout", "safe", "safe"],
  [400, "EntityTooLarge", "too-large", "never", "never"],
  [400, "KeyTooLongError", "invalid-key", "never", "never"],
  [416, "InvalidRange", "unsupported", "never", "never"],
  [501, "NotImplemented", "unsupported", "never", "never"],
  [503, "SlowDown", "throttled", "safe", "safe"],
  [429, "TooManyRequests", "throttled", "safe", "safe"],
  [503, "ServiceUnavailable", "throttled", "safe", "safe"],
  [500, "InternalError", "unavailable", "unknown-outcome", "safe"],
  [502, "BadGateway", "unavailable", "unknown-outcome", "safe"],
  [504, "GatewayTimeout", "unavailable", "unknown-outcome", "safe"],
  [418, "Whatever", "unsupported", "never", "never"],
] as const;

describe("an answer of the server", () => {
  test.each(answers)("%i %s is %s", async (status, code, expected, writeRetry, readRetry) => {
    await withServer(refuse(status, code), async (endpoint, requests) => {
      const driver = open(endpoint);
      const written = await failureOf(driver.write("key", bytes, { signal }));
      expect(written).toMatchObject({ code: expected, retry: writeRetry });
      expect(written.message).toContain(`write key in bucket bucket: ${status} ${code}: `);
      const read = driver.read("key", { signal });
      expect(await failureOf(read)).toMatchObject({ code: expected, retry: readRetry });
      expect(requests, "the SDK repeats nothing itself").toHaveLength(2);
    });
  });

  test.each([
    ["us-west-2", "unavailable", "safe", "the bucket is in the region us-west-2, not eu-west-1"],
    ["eu-west-1", "denied", "never", "correct region"],
    ["evil.example.org/#", "denied", "never", "correct region"],
  ])("301 to the region %s is %s", async (region, code, retry, text) => {
    const redirect = refuse(301, "PermanentRedirect", { "x-amz-bucket-region": region });
    await withServer(redirect, async (endpoint, requests) => {
      const driver = open(endpoint);
      const expected = { code, retry, message: expect.stringContaining(text) };
      expect(await failureOf(driver.write("key", bytes, { signal }))).toMatchObject(expected);
      const again = await failureOf(driver.read("key", { signal }));
      expect(again, "a server that sends to and fro is not followed").toMatchObject({ code: "denied", retry: "never" });
      expect(requests).toHaveLength(2);
    });
  });

  test("412 is a conflict for a write and an answer for a read", async () => {
    await withServer(refuse(412, "PreconditionFailed"), async (endpoint) => {
      const driver = open(endpoint);
      const when = { absent: true } as const;
      expect(await failureOf(driver.write("key", bytes, { signal, when }))).toMatchObject({ code: "conflict" });
      expect(await driver.read("key", { signal, ifMatch: "e" })).toEqual({ status: "changed" });
    });
  });

  test("with Retry-After in seconds or as a date says how long to wait", async () => {
    await withServer(refuse(503, "SlowDown", { "retry-after": "7" }), async (endpoint) => {
      expect(await failureOf(open(endpoint).head("key", { signal }))).toMatchObject({
        code: "throttled",
        retryAfterMs: 7000,
      });
    });
    const date = { date: "Wed, 01 Jan 2025 00:00:00 GMT", "retry-after": "Wed, 01 Jan 2025 00:01:30 GMT" };
    await withServer(refuse(503, "SlowDown", date), async (endpoint) => {
      expect(await failureOf(open(endpoint).read("key", { signal }))).toMatchObject({ retryAfterMs: 90_000 });
    });
  });

  test("that names the clock says so plainly", async () => {
    await withServer(refuse(403, "RequestTimeTooSkewed"), async (endpoint) => {
      const error = await failureOf(open(endpoint).read("key", { signal }));
      expect(error.message).toContain("the device's clock differs too much from the server's; set the clock");
    });
  });

  test("that is not S3's is no object", async () => {
    await withServer(answer(200, { "content-type": "text/html" }, "<html><p>Log in</html>"), async (endpoint) => {
      expect(await failureOf(list(open(endpoint)))).toMatchObject({ code: "unavailable", retry: "safe" });
    });
    await withServer(answer(404, { "content-type": "text/html" }, "<html>nothing</html>"), async (endpoint) => {
      expect(await failureOf(open(endpoint).read("key", { signal }))).toMatchObject({ code: "unavailable" });
    });
    await withServer(
      (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
      async (endpoint) => {
        expect(await failureOf(open(endpoint).read("key", { signal }))).toMatchObject({ code: "unavailable" });
      },
    );
  });
});
