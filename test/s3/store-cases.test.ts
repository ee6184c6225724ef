import { type StoreCase, storeCases } from "rustiq/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StorePlugin } from "../../core/plugin/contract.ts";
import minio from "../../plugins/minio/index.ts";
import s3 from "../../plugins/s3/index.ts";
import { cephCapabilities, layerDriver, openDriver } from "../s3-double/driver.ts";
import { rulesOn } from "../s3-double/rules.ts";
import { makeBucket, readServer } from "./server.ts";

let bucket: Awaited<ReturnType<typeof makeBucket>> | undefined;

beforeAll(async () => {
  bucket = await makeBucket();
});
afterAll(async () => bucket?.remove());

function open(plugin: StorePlugin) {
  return openDriver(plugin, { ...readServer(), bucket: bucket?.bucket ?? "" });
}

/** A driver alone sends what only the layers know that this server ignores. */
const isRefusedByDriver = ({ id }: StoreCase) => !["absent-conditional-multipart", "absent-watch"].includes(id);
function outside(plugin: StorePlugin, prefix?: string) {
  const config = () => {
    const { endpoint, region, keys } = readServer();
    return { bucket_name: bucket?.bucket ?? "", endpoint, region, credentials: keys };
  };
  return { use: plugin.backend, config, ...(prefix === undefined ? {} : { prefix }) };
}

/** Thousands of requests: once behind the layers and once without is enough. */
const isQuick = ({ id }: StoreCase) => id !== "list-pages" && id !== "reads-many";
const limitMs = 180_000;

describe.each([s3, minio])("$backend with an endpoint", (plugin) => {
  const can = cephCapabilities(plugin.can);
  const cases = storeCases({ can, inProcesses: outside(plugin) }).filter(isRefusedByDriver);
  const run = (one: StoreCase) => one.run(() => open(plugin));
  test.each(plugin === s3 ? cases : cases.filter(isQuick))("$id: $title", run, limitMs);
});

describe.each([s3, minio])("$backend behind the layers", (plugin) => {
  const can = cephCapabilities(plugin.can);
  const cases = storeCases({ can, isLayered: true, inProcesses: outside(plugin, "a/prefix") });
  const run = (one: StoreCase) => one.run(async () => layerDriver(await open(plugin), plugin.backend, can));
  test.each(plugin === minio ? cases : cases.filter(isQuick))("$id: $title", run, limitMs);
});

describe("the server, and the double alike,", () => {
  // RGW; another server may need another dialect.
  const place = () => ({ ...readServer(), bucket: bucket?.bucket ?? "" });
  test.each(rulesOn(place, "ceph"))("$title", ({ run }) => run());
});

test("stores the sha256 of a body from memory beside it", async () => {
  const driver = await open(minio);
  const { signal } = new AbortController();
  await driver.write("digest", Buffer.from("hello"), { signal });
  const info = await driver.head("digest", { signal });
  expect(info === "missing" ? info : info.meta?.["sha256"]).toBe(
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  );
  await driver.close?.();
});
