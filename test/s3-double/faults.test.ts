import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ByteRange, Driver, ReadAnswer } from "../../core/plugin/driver.ts";
import { StoreError } from "../../core/plugin/driver.ts";
import s3 from "../../plugins/s3/index.ts";
import { openDriver } from "./driver.ts";
import { type Fault, type S3Double, startS3Double } from "./index.ts";

const size = 300_000;
const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) % 256));
const { signal } = new AbortController();
let double: S3Double;
let driver: Driver;

beforeAll(async () => {
  double = await startS3Double();
  double.bucket("faulty");
  driver = await openDriver(s3, { ...double, bucket: "faulty" });
  await driver.write("object", bytes, { signal });
  double.forget();
});
afterEach(() => {
  double.setFault(undefined);
  double.forget();
});
afterAll(async () => {
  await driver.close?.();
  await double.stop();
});

/** The fault strikes the next request only. */
function strike(fault: Fault): void {
  let left = 1;
  double.setFault(() => (left-- > 0 ? fault : undefined));
}

async function open(range?: ByteRange): Promise<Extract<ReadAnswer, { status: "ok" }>> {
  const answer = await driver.read("object", range === undefined ? { signal } : { signal, range });
  if (answer.status !== "ok") throw new Error(answer.status);
  return answer;
}

/** The bytes that came, and what ended them. */
async function drain({ body }: { body: AsyncIterable<Uint8Array> }) {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (thrown) {
    return { found: Buffer.concat(chunks), thrown };
  }
  return { found: Buffer.concat(chunks), thrown: undefined };
}

async function codeOf(work: Promise<unknown>) {
  const thrown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return thrown instanceof StoreError ? [thrown.code, thrown.retry, thrown.retryAfterMs] : thrown;
}

describe("a request", () => {
  test.each([
    [{ refuse: { status: 500, code: "InternalError" } }, ["unavailable", "safe", undefined]],
    [{ refuse: { status: 503, code: "SlowDown", retryAfter: "3" } }, ["throttled", "safe", 3000]],
    [{ refuse: { status: 429, code: "TooManyRequests" } }, ["throttled", "safe", undefined]],
    [{ refuse: { status: 400, code: "ExpiredToken" } }, ["denied", "never", undefined]],
    [{ reset: "before" }, ["unavailable", "safe", undefined]],
  ] as readonly (readonly [Fault, unknown])[])("fails as planned: %o", async (fault, expected) => {
    strike(fault);
    expect(await codeOf(driver.read("object", { signal }))).toEqual(expected);
    expect(await driver.head("object", { signal })).toMatchObject({ size });
    expect(double.requests.map(({ status, struck }) => [status, struck])).toEqual([
      [fault.refuse?.status ?? 0, true],
      [200, false],
    ]);
  });

  test("gets no answer while it stalls, and is over when its caller goes", async () => {
    strike({ stall: "before" });
    const controller = new AbortController();
    const head = codeOf(driver.head("object", { signal: controller.signal }));
    await expect.poll(() => double.requests.length).toBe(1);
    controller.abort();
    expect(await head).toEqual(["aborted", "never", undefined]);
  });

  test("takes as long as it is delayed", async () => {
    strike({ delayMs: 120 });
    const begun = performance.now();
    await driver.head("object", { signal });
    expect(performance.now() - begun).toBeGreaterThan(110);
  });
});

describe("a write", () => {
  test.each([
    ["is not done when the connection breaks before", { reset: "before" }, false],
    ["is not done when the connection breaks within its body", { resetRequestAt: 10_000 }, false],
    ["is done when only the acknowledgement is lost", { reset: "after" }, true],
  ] as readonly (readonly [string, Fault, boolean])[])("%s", async (_, fault, isDone) => {
    strike(fault);
    const written = driver.write("written", bytes, { signal });
    expect(await codeOf(written)).toEqual(["unavailable", "unknown-outcome", undefined]);
    expect(double.bucket("faulty").objects.has("written")).toBe(isDone);
    await driver.remove("written", { signal });
  });

  test("meets a server that ignores conditions, or refuses them", async () => {
    const when = { absent: true } as const;
    expect(await codeOf(driver.write("object", bytes, { signal, when }))).toEqual(["conflict", "never", undefined]);
    strike({ ignoreConditions: true });
    expect(await codeOf(driver.write("object", bytes, { signal, when }))).toBeUndefined();
    const refusing = await startS3Double({ conditions: "refused" });
    refusing.bucket("faulty");
    const other = await openDriver(s3, { ...refusing, bucket: "faulty" });
    expect(await codeOf(other.write("new", bytes, { signal, when }))).toEqual(["unsupported", "never", undefined]);
    expect(refusing.bucket("faulty").keys).toEqual([]);
    await other.close?.();
    await refusing.stop();
  });
});

describe("a body", () => {
  test.each([
    ["breaks off with a reset", { resetBodyAt: 100_000 }],
    ["breaks off in order", { endBodyAt: 100_000 }],
    ["breaks off before its first byte", { resetBodyAt: 0 }],
  ] as readonly (readonly [string, Fault])[])("%s", async (_, fault) => {
    strike(fault);
    const answer = await open();
    expect(answer.info.size).toBe(size);
    const { found, thrown } = await drain(answer);
    expect(thrown).toBeInstanceOf(Error);
    expect(found.equals(bytes.subarray(0, found.byteLength))).toBe(true);
    expect(double.requests.at(-1)).toMatchObject({ status: 200, sent: fault.resetBodyAt ?? fault.endBodyAt });
  });

  test("is short and says so", async () => {
    strike({ shortenTo: 1000 });
    const answer = await open();
    expect(answer.info.size).toBe(1000);
    expect(await drain(answer)).toEqual({ found: bytes.subarray(0, 1000), thrown: undefined });
  });

  test("has one bit flipped", async () => {
    strike({ flipAt: 123_456 });
    const { found } = await drain(await open());
    const wrong = [...found.keys()].filter((at) => found[at] !== bytes[at]);
    expect([found.byteLength, wrong]).toEqual([size, [123_456]]);
    expect(double.bucket("faulty").objects.get("object")?.bytes.equals(bytes)).toBe(true);
  });

  test("has a chunk twice in its length", async () => {
    strike({ repeatAt: 50_000 });
    const { found } = await drain(await open());
    expect(found.byteLength).toBe(size);
    expect(found.subarray(0, 66_384).equals(bytes.subarray(0, 66_384))).toBe(true);
    expect(found.subarray(66_384).equals(bytes.subarray(50_000, 50_000 + size - 66_384))).toBe(true);
  });

  test("stalls in its middle until its reader goes", async () => {
    strike({ stallBodyAt: 65_536 });
    const { body } = await open();
    let count = 0;
    body.on("data", (chunk: Uint8Array) => {
      count += chunk.byteLength;
    });
    await expect.poll(() => count).toBe(65_536);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([count, body.readableEnded]).toEqual([65_536, false]);
    body.destroy();
  });

  test("goes slowly", async () => {
    strike({ bytesPerSecond: 100_000 });
    const begun = performance.now();
    const { found } = await drain(await open({ start: 0, end: 19_999 }));
    expect(found.equals(bytes.subarray(0, 20_000))).toBe(true);
    expect(performance.now() - begun).toBeGreaterThan(150);
  });
});

describe("a range", () => {
  const range = { start: 1000, end: 1999 };

  test("is another one than asked for, and says so", async () => {
    strike({ shiftRange: 100 });
    const answer = await open(range);
    expect(answer.range).toEqual({ start: 1100, end: 2099 });
    expect((await drain(answer)).found.equals(bytes.subarray(1100, 2100))).toBe(true);
  });

  test("is another one than asked for, and does not say so", async () => {
    strike({ shiftRange: 100, hidesShift: true });
    const answer = await open(range);
    expect(answer.range).toEqual(range);
    expect((await drain(answer)).found.equals(bytes.subarray(1100, 2100))).toBe(true);
  });

  test("is the whole object with status 200", async () => {
    strike({ ignoreRange: true });
    const answer = await open(range);
    expect(answer.range).toEqual({ start: 0, end: size - 1 });
    expect((await drain(answer)).found.equals(bytes)).toBe(true);
    expect(double.requests.at(-1)).toMatchObject({ status: 200, range: "bytes=1000-1999", sent: size });
  });
});

test("the log tells requests, bytes and connections", async () => {
  await drain(await open({ start: 0, end: 99 }));
  await driver.write("logged", bytes, { signal });
  await driver.remove("logged", { signal });
  expect(double.requests).toMatchObject([
    { operation: "GetObject", method: "GET", key: "object", range: "bytes=0-99", status: 206, sent: 100, received: 0 },
    { operation: "PutObject", method: "PUT", key: "logged", query: {}, status: 200, sent: 0, received: size },
    { operation: "DeleteObject", method: "DELETE", key: "logged", status: 204 },
  ]);
  expect(double.connections()).toBeGreaterThan(0);
  await driver.close?.();
  await expect.poll(() => double.connections()).toBe(0);
});
