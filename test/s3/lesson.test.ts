import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Driver } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { openServer } from "../../plugins/minio/driver.ts";
import minio from "../../plugins/minio/index.ts";
import { cephCapabilities, layerDriver } from "../s3-double/driver.ts";
import { makeBucket, readServer } from "./server.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
let bucket: Awaited<ReturnType<typeof makeBucket>> | undefined;
const drivers: Driver[] = [];

beforeAll(async () => {
  bucket = await makeBucket();
});
afterEach(() => {
  vi.useRealTimers();
  for (const driver of drivers.splice(0)) driver.close?.();
});
afterAll(async () => bucket?.remove());

function open(): Driver {
  const driver = openServer({ ...readServer(), bucket: bucket?.bucket ?? "" }, nodeClock());
  drivers.push(driver);
  return driver;
}

test.each([-3600_000, 3600_000])("a clock that is %i ms off is put right by the first answer", async (off) => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + off });
  const store = layerDriver(open(), "minio", cephCapabilities(minio.can));
  expect(await store.head("key", { signal })).toBe("missing");
  await store.write("key", bytes, { signal, when: { absent: true } });
  expect(await store.head("key", { signal })).toMatchObject({ size: 7 });
  await store.remove("key", { signal });
  const other = open();
  await expect(other.write("other", bytes, { signal })).rejects.toMatchObject({ code: "unavailable", retry: "safe" });
  await other.write("other", bytes, { signal });
  await other.remove("other", { signal });
});

test("a HEAD with a wrong secret is denied with the reason", async () => {
  const { keys, ...place } = readServer();
  const options = { ...place, bucket: bucket?.bucket ?? "", keys: { ...keys, secret_access_key: "a-canary" } };
  const driver = openServer(options, nodeClock());
  drivers.push(driver);
  const thrown = await driver.head("key", { signal }).catch((reason: unknown) => reason);
  expect(thrown).toMatchObject({ code: "denied", retry: "never" });
  expect(String(thrown)).toContain("403 SignatureDoesNotMatch");
});

test("a server that tells of no changes says so at once, and nothing of its health", async () => {
  const driver = open();
  const changes = driver.watch?.("in/", { signal })[Symbol.asyncIterator]();
  const told = expect.stringContaining("does not tell of changes");
  await expect(changes?.next()).rejects.toMatchObject({ code: "unsupported", retry: "never", message: told });
  expect(await driver.health?.({ signal })).toBeUndefined();
});
