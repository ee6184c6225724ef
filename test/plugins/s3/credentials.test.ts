import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Driver } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { openBucket } from "../../../plugins/s3/driver.ts";
import s3 from "../../../plugins/s3/index.ts";
import { layerDriver } from "../../s3-double/driver.ts";
import { type S3Double, startS3Double } from "../../s3-double/index.ts";
import type { Keys } from "../../s3-double/signature.ts";
import { type MetadataService, startMetadataService } from "./metadata-service.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
const [old, renewed]: readonly [Keys, Keys] = [
  { access_key_id: "CANARYOLD", secret_access_key: "canary-old", session_token: "canary-token-1" },
  { access_key_id: "CANARYNEW", secret_access_key: "canary-new", session_token: "canary-token-2" },
];
const releases: (() => unknown)[] = [];
let double: S3Double;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rustiq-credentials-"));
  double = await startS3Double({ keys: [old] });
  double.bucket("bucket");
  releases.push(
    () => rm(folder, { recursive: true }),
    () => double.stop(),
    () => vi.unstubAllEnvs(),
  );
  // Nothing of whoever runs the tests.
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
});
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

function open(more: { profile?: string } = {}, clock = nodeClock()): Driver {
  const { endpoint, region } = double;
  const driver = openBucket({ bucket: "bucket", region, endpoint, ...more }, clock);
  releases.push(() => driver.close?.());
  return driver;
}

async function serveMetadata(keys: Keys | "nothing"): Promise<MetadataService> {
  const service = await startMetadataService(keys);
  releases.push(() => service.stop());
  return service;
}

async function startContainer(keys: Keys | "nothing"): Promise<MetadataService> {
  const service = await serveMetadata(keys);
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${service.endpoint}/container`);
  vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from-the-container");
  return service;
}

function startInstance(keys: Keys | "nothing"): Promise<MetadataService> {
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "false");
  return serveMetadata(keys).then((service) => {
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint);
    return service;
  });
}

function writeProfile(name: string, keys: Keys): Promise<void> {
  const lines = Object.entries(keys).map(([member, value]) => `aws_${member} = ${value}\n`);
  return writeFile(join(folder, "credentials"), `[${name}]\n${lines.join("")}`);
}

async function failureOf(work: Promise<unknown>) {
  const thrown = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason as Error,
  );
  expect(`${thrown.message} ${JSON.stringify(thrown)}`).not.toMatch(/canary/i);
  return thrown;
}

describe("credentials and their session token come", () => {
  const ways: Readonly<Record<string, () => Promise<{ profile?: string }>>> = {
    "from the environment": async () => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", old.access_key_id);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", old.secret_access_key);
      vi.stubEnv("AWS_SESSION_TOKEN", old.session_token);
      return {};
    },
    "from a profile": async () => {
      await writeProfile("factory", old);
      return { profile: "factory" };
    },
    "from the container": () => startContainer(old).then(() => ({})),
    "from the instance's role": () => startInstance(old).then(() => ({})),
  };
  test.each(Object.keys(ways))("%s", async (way) => {
    const driver = open(await ways[way]?.());
    await driver.write("key", bytes, { signal });
    expect(await driver.head("key", { signal })).toMatchObject({ size: bytes.length });
    expect(double.requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("a session token that expires in the middle of a run", () => {
  const expire = () => double.setKeys([{ ...old, expired: true }, renewed]);

  test("is renewed by its provider, and the next attempt works", async () => {
    const service = await startContainer(old);
    const driver = open();
    await driver.write("key", bytes, { signal });
    expire();
    service.give(renewed);
    expect(await failureOf(driver.read("key", { signal }))).toMatchObject({ code: "unavailable", retry: "safe" });
    expect(await driver.head("key", { signal })).toMatchObject({ size: bytes.length });
    expect(service.asked).toHaveLength(2);
  });

  test("is renewed once for many requests, and no operation behind the layers fails", async () => {
    const service = await startContainer(old);
    const store = layerDriver(open(), "s3", s3.can);
    await store.write("key", bytes, { signal });
    expire();
    service.give(renewed);
    const works = [store.head("key", { signal }), store.head("key", { signal }), store.write("a", bytes, { signal })];
    await expect(Promise.all(works)).resolves.toHaveLength(3);
    expect(service.asked).toHaveLength(2);
  });

  test("is read anew from a profile that another program renews", async () => {
    await writeProfile("factory", old);
    const store = layerDriver(open({ profile: "factory" }), "s3", s3.can);
    await store.write("key", bytes, { signal });
    expire();
    await writeProfile("factory", renewed);
    expect(await store.head("key", { signal })).toMatchObject({ size: bytes.length });
  });

  test("is denied, also for HEAD, when nobody gives another one", async () => {
    await startContainer(old);
    const driver = open();
    await driver.write("key", bytes, { signal });
    expire();
    const expected = { code: "denied", retry: "never", message: expect.stringContaining("400 ExpiredToken") };
    expect(await failureOf(driver.head("key", { signal }))).toMatchObject(expected);
    expect(await failureOf(driver.write("key", bytes, { signal }))).toMatchObject(expected);
  });
});

describe("a service of credentials that is dead", () => {
  test.each([
    ["of the container", "CredentialsTimeout", startContainer],
    ["of the instance", "CredentialsProviderError", startInstance],
  ])("%s is denied in a few seconds", async (_, told, start) => {
    await start("nothing");
    const begun = performance.now();
    const error = await failureOf(open().head("key", { signal }));
    expect(error).toMatchObject({ code: "denied", retry: "never" });
    expect(error.message).toContain(`head key in bucket bucket: ${told}: `);
    expect(performance.now() - begun).toBeLessThan(6_000);
    expect(double.requests).toEqual([]);
  });

  test("is asked anew after five minutes, although its first answer never came", async () => {
    const service = await startContainer("nothing");
    let at = 0;
    const real = nodeClock();
    const after: typeof real.after = (ms, run) => real.after(ms / 100, run);
    const driver = open({}, { ...real, after, elapsed: () => at });
    const expected = { code: "denied", message: expect.stringContaining("CredentialsTimeout") };
    expect(await failureOf(driver.head("key", { signal }))).toMatchObject(expected);
    service.give(old);
    at = 200_000;
    expect(await failureOf(driver.head("key", { signal }))).toMatchObject(expected);
    at = 301_000;
    expect(await failureOf(driver.head("key", { signal }))).toMatchObject(expected);
    expect(await driver.head("key", { signal })).toBe("missing");
    expect(service.asked).toHaveLength(2);
  });

  test("is left at once when the signal aborts", async () => {
    const service = await startContainer("nothing");
    const controller = new AbortController();
    const failed = failureOf(open().write("key", bytes, { signal: controller.signal }));
    await expect.poll(() => service.asked.length).toBe(1);
    const begun = performance.now();
    controller.abort();
    expect(await failed).toMatchObject({ code: "aborted" });
    expect(performance.now() - begun).toBeLessThan(100);
  });
});
