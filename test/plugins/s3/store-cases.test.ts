import { type StoreCase, storeCases } from "rustiq/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StorePlugin } from "../../../core/plugin/contract.ts";
import type { Capabilities } from "../../../core/plugin/driver.ts";
import minio from "../../../plugins/minio/index.ts";
import s3 from "../../../plugins/s3/index.ts";
import { cephCapabilities, layerDriver, openDriver } from "../../s3-double/driver.ts";
import { type S3Double, startS3Double } from "../../s3-double/index.ts";

const doubles = new Map<StorePlugin, S3Double>();

function find(plugin: StorePlugin): S3Double {
  const double = doubles.get(plugin);
  if (double === undefined) throw new Error(`no server runs for ${plugin.backend}`);
  return double;
}

beforeAll(async () => {
  doubles.set(s3, await startS3Double());
  doubles.set(minio, await startS3Double({ dialect: "ceph" }));
  for (const double of doubles.values()) double.bucket("cases");
});
afterAll(async () => {
  for (const double of doubles.values()) await double.stop();
});

function open(plugin: StorePlugin) {
  return openDriver(plugin, { ...find(plugin), bucket: "cases" });
}

/** What each of the two servers can. */
function canOf(plugin: StorePlugin): Capabilities {
  return plugin === s3 ? plugin.can : cephCapabilities(plugin.can);
}

/** A driver alone sends a condition of which only the layers know that this server ignores it. */
const isRefusedByDriver = ({ id }: StoreCase) => id !== "absent-conditional-multipart";

/** The SDK takes a second or two for these thousands of requests: once behind the layers and once without is enough. */
const isQuick = ({ id }: StoreCase) => id !== "list-pages";
const limitMs = 180_000;

describe.each([s3, minio])("$backend on the double", (plugin) => {
  const cases = storeCases({ can: canOf(plugin) }).filter(isRefusedByDriver);
  const run = (one: StoreCase) => one.run(() => open(plugin));
  test.each(plugin === s3 ? cases : cases.filter(isQuick))("$id: $title", run, limitMs);
});

describe.each([s3, minio])("$backend on the double, behind the layers", (plugin) => {
  const cases = storeCases({ can: canOf(plugin), isLayered: true });
  const run = (one: StoreCase) => one.run(async () => layerDriver(await open(plugin), plugin.backend, canOf(plugin)));
  test.each(plugin === minio ? cases : cases.filter(isQuick))("$id: $title", run, limitMs);
});

test.each([s3, minio])("$backend leaves nothing behind", (plugin) => {
  const { keys, uploads } = find(plugin).bucket("cases");
  expect([keys, uploads.size]).toEqual([[], 0]);
});

test("asks once for each thing", async () => {
  const double = find(s3);
  const driver = await open(s3);
  const { signal } = new AbortController();
  double.forget();
  const { etag } = await driver.write("object", Buffer.from("small"), { signal });
  await driver.head("object", { signal });
  await driver.read("object", { signal, ifNoneMatch: etag });
  for await (const _ of driver.list("", { signal }));
  await driver.remove("object", { signal });
  const asked = ["PutObject", "HeadObject", "GetObject", "ListObjectsV2", "DeleteObject"];
  expect(double.requests.map(({ operation }) => operation)).toEqual(asked);
  await driver.close?.();
});
