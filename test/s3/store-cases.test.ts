import { storeCases } from "rustiq/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context, StorePlugin } from "../../core/plugin/contract.ts";
import type { Driver } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { openStore } from "../../core/store/store.ts";
import minio from "../../plugins/minio/index.ts";
import s3 from "../../plugins/s3/index.ts";
import { makeBucket, readServer } from "./server.ts";

const { endpoint, region, keys } = readServer();
let bucket: Awaited<ReturnType<typeof makeBucket>> | undefined;

beforeAll(async () => {
  bucket = await makeBucket();
});
afterAll(async () => bucket?.remove());

async function open(plugin: StorePlugin): Promise<Driver> {
  const entry = { bucket_name: bucket?.bucket, endpoint, region, credentials: keys };
  const context: Context = {
    name: plugin.backend,
    config: plugin.config.parse(entry),
    log: silentLog,
    signal: new AbortController().signal,
    get: (token) => {
      throw new Error(`${plugin.backend} asked for ${String(token)}`);
    },
    make: (type) => new type(),
    onStop: () => undefined,
  };
  return plugin.open(context);
}

const surroundings = { clock: nodeClock(), random: nodeRandom(), log: silentLog };

async function openLayered(): Promise<Driver> {
  const store = { name: "under-test", backend: "minio", can: minio.can, prefix: "a/prefix" };
  return openStore({ ...surroundings, ...store, driver: await open(minio), requestMs: 30_000 });
}

describe("s3 with an endpoint", () => {
  test.each(storeCases({ can: s3.can }))("$id: $title", (one) => one.run(() => open(s3)));
});

describe("minio behind the layers", () => {
  test.each(storeCases({ can: minio.can, isLayered: true }))("$id: $title", (one) => one.run(openLayered));
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
