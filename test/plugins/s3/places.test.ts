import dns from "node:dns";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Driver } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { type BucketOptions, createClient } from "../../../plugins/s3/client.ts";
import { openBucket } from "../../../plugins/s3/driver.ts";
import s3 from "../../../plugins/s3/index.ts";
import { layerDriver } from "../../s3-double/driver.ts";
import { type S3Double, type S3DoubleOptions, startS3Double } from "../../s3-double/index.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

async function start(options: S3DoubleOptions = {}): Promise<S3Double> {
  const double = await startS3Double(options);
  double.bucket("bucket");
  releases.push(() => double.stop());
  return double;
}

function open(double: S3Double, changed: Partial<BucketOptions> = {}): Driver {
  const { endpoint, region, keys } = double;
  const driver = openBucket({ bucket: "bucket", endpoint, region, keys, ...changed }, nodeClock());
  releases.push(() => driver.close?.());
  return driver;
}

/** One of everything; what has no answer in time, or another one, fails. */
async function useAll(driver: Driver): Promise<void> {
  const { multipart } = driver;
  const body = {
    size: 7,
    open: async function* () {
      yield bytes;
    },
  };
  const listed = async () => {
    const keys: string[] = [];
    for await (const { key } of driver.list("", { signal })) keys.push(key);
    return keys;
  };
  expect(await driver.head("a b/ü", { signal })).toBe("missing");
  await driver.write("a b/ü", body, { signal });
  const read = await driver.read("a b/ü", { signal });
  expect(read.status === "ok" && Buffer.concat(await read.body.toArray())).toEqual(bytes);
  const upload = (await multipart?.begin("parts", { signal })) ?? "";
  const part = await multipart?.writePart("parts", upload, 1, body, { signal });
  expect(await multipart?.listParts("parts", upload, { signal })).toHaveLength(1);
  await multipart?.complete("parts", upload, part === undefined ? [] : [part], { signal });
  expect(await listed()).toEqual(["a b/ü", "parts"]);
  await driver.remove("a b/ü", { signal });
  expect(await listed()).toEqual(["parts"]);
}

describe("a bucket that is named in the host", () => {
  test("is reached there, by every operation", async () => {
    const asked: string[] = [];
    // Not every resolver knows the names below localhost.
    const { lookup } = dns;
    vi.spyOn(dns, "lookup").mockImplementation(((name: string, ...rest: unknown[]) => {
      asked.push(name);
      return Reflect.apply(lookup, dns, [name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest]);
    }) as typeof lookup);
    releases.push(() => vi.restoreAllMocks());
    const double = await start();
    const endpoint = double.endpoint.replace("127.0.0.1", "localhost");
    await useAll(open(double, { endpoint, addressing: "virtual-host" }));
    expect(new Set(asked.filter((name) => name !== "127.0.0.1"))).toEqual(new Set(["bucket.localhost"]));
    expect(double.requests.length).toBeGreaterThan(8);
    await open(double).write("again", bytes, { signal });
    expect(double.bucket("bucket").keys).toEqual(["again", "parts"]);
  });

  test("is so on Amazon S3, unless its name has a dot; an endpoint has it in the path", async () => {
    const at = async (bucket: string, more: Partial<BucketOptions> = {}) => {
      const keys = { access_key_id: "access", secret_access_key: "secret" };
      const client = createClient({ bucket, region: "eu-west-1", keys, ...more });
      const places: string[] = [];
      client.middlewareStack.add(
        () => async (args) => {
          const { hostname, path } = args.request as { hostname: string; path: string };
          places.push(`${hostname}${path}`);
          throw new Error("far enough");
        },
        { step: "finalizeRequest" },
      );
      const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
      await client.send(new HeadObjectCommand({ Bucket: bucket, Key: "key" })).catch(() => undefined);
      client.destroy();
      return places[0];
    };
    const endpoint = "https://s3.example.org";
    expect([
      await at("bucket"),
      await at("a.bucket"),
      await at("bucket", { addressing: "path" }),
      await at("bucket", { endpoint }),
      await at("bucket", { endpoint, addressing: "virtual-host" }),
    ]).toEqual([
      "bucket.s3.eu-west-1.amazonaws.com/key",
      "s3.eu-west-1.amazonaws.com/a.bucket/key",
      "s3.eu-west-1.amazonaws.com/bucket/key",
      "s3.example.org/bucket/key",
      "bucket.s3.example.org/key",
    ]);
  });
});

describe.each(["malformed", "redirect"] as const)("a bucket in another region (%s)", (regionAnswer) => {
  test("is found there by the next attempt, and by every request after that", async () => {
    const double = await start({ region: "eu-central-1", regionAnswer });
    const store = layerDriver(open(double, { region: "us-west-2" }), "s3", s3.can);
    await useAll(store);
    const refused = double.requests.filter(({ status }) => status === 301 || status === 400);
    // Its first answer has no body: only "redirect" names the region in its head.
    const expected = regionAnswer === "redirect" ? ["HeadObject"] : ["HeadObject", "GetObject"];
    expect(refused.map(({ operation }) => operation)).toEqual(expected);
  });

  test.each([
    ["a write", (driver: Driver) => driver.write("key", bytes, { signal, when: { absent: true } })],
    ["a read", (driver: Driver) => driver.read("key", { signal })],
    ["an upload", (driver: Driver) => driver.multipart?.begin("key", { signal })],
    ["a removal", (driver: Driver) => driver.remove("key", { signal })],
    ["a listing", (driver: Driver) => driver.list("", { signal })[Symbol.asyncIterator]().next()],
  ])("is found there by %s that comes first", async (_, work) => {
    const double = await start({ region: "eu-central-1", regionAnswer });
    await work(layerDriver(open(double, { region: "us-west-2" }), "s3", s3.can));
    expect(double.requests.map(({ status }) => Math.trunc(status / 100))).toHaveLength(2);
  });
});

describe("a device whose clock is an hour off", () => {
  test.each([-3600_000, 3600_000])("(%i ms) is right from the second request on", async (off) => {
    const double = await start({ now: () => Date.now() + off });
    const store = layerDriver(open(double), "s3", s3.can);
    await useAll(store);
    expect(double.requests.filter(({ status }) => status === 403).map(({ operation }) => operation)).toEqual([
      "HeadObject",
    ]);
  });

  test("has a refused HEAD answered by a read of one byte, or by the next attempt where there is none", async () => {
    const double = await start({ now: () => Date.now() + 3600_000 });
    const first = open(double);
    expect(await first.head("key", { signal })).toBe("missing");
    await first.write("key", bytes, { signal, meta: { owner: "me" } });
    await first.write("a/prefix/empty", Buffer.alloc(0), { signal });
    double.forget();
    expect(await open(double).head("key", { signal })).toMatchObject({ size: 7, meta: { owner: "me" } });
    expect(await layerDriver(open(double), "s3", s3.can).head("empty", { signal })).toMatchObject({ size: 0 });
    const told = double.requests.map(({ operation, status }) => `${operation} ${status}`);
    expect(told).toEqual([
      ...["HeadObject 403", "GetObject 206"],
      ...["HeadObject 403", "GetObject 416", "HeadObject 200"],
    ]);
  });

  test("writes a body of which only the second attempt is taken", async () => {
    const double = await start({ now: () => Date.now() - 3600_000 });
    const body = {
      size: 7,
      open: async function* () {
        yield bytes;
      },
    };
    await layerDriver(open(double), "s3", s3.can).write("key", body, { signal, when: { absent: true } });
    expect(double.requests.map(({ status }) => status)).toEqual([403, 200]);
    expect(double.bucket("bucket").objects.get("a/prefix/key")?.bytes).toEqual(bytes);
  });
});

test("a HEAD with a wrong secret is denied, with the reason", async () => {
  const double = await start();
  const keys = { ...double.keys, secret_access_key: "canary" };
  const thrown = await open(double, { keys })
    .head("key", { signal })
    .catch((reason: unknown) => reason);
  expect(thrown).toMatchObject({ code: "denied", retry: "never" });
  expect(String(thrown)).toContain("head key in bucket bucket: 403 SignatureDoesNotMatch: ");
  expect(String(thrown)).not.toContain("canary");
});
