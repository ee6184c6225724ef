import { describe, expect, test } from "vitest";
import type { Driver } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { openBucket } from "../../plugins/s3/driver.ts";
import { makeBucket, readServer } from "./server.ts";

const server = readServer();
const { signal } = new AbortController();

async function within<T>(driver: Driver, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await driver.close?.();
  }
}

describe("a server that refuses", () => {
  test("names a missing bucket as unavailable, since it may be made later", async () => {
    const driver = openBucket({ ...server, bucket: "rustiq-test-no-such-bucket" }, nodeClock());
    await within(driver, async () => {
      const expected = { code: "unavailable", retry: "safe", message: expect.stringContaining("bucket_name") };
      await expect(driver.read("key", { signal })).rejects.toMatchObject(expected);
      await expect(driver.write("key", Buffer.from("x"), { signal })).rejects.toMatchObject(expected);
      await expect(driver.remove("key", { signal })).rejects.toMatchObject(expected);
      const list = async () => {
        for await (const info of driver.list("", { signal })) expect(info).toBeUndefined();
      };
      await expect(list()).rejects.toMatchObject(expected);
    });
  });

  test("names a wrong secret as denied, and does not repeat it", async () => {
    const { bucket, remove } = await makeBucket();
    const secret_access_key = "a-canary-that-must-not-be-seen";
    const driver = openBucket({ ...server, bucket, keys: { ...server.keys, secret_access_key } }, nodeClock());
    const thrown = await within(driver, () => driver.read("key", { signal }).catch((reason: unknown) => reason));
    expect(thrown).toMatchObject({ code: "denied", retry: "never" });
    expect(String(thrown)).not.toContain("canary");
    expect(String(thrown)).not.toContain(server.keys.access_key_id);
    expect(JSON.stringify(thrown)).not.toContain(server.keys.access_key_id);
    await remove();
  });

  test("names an unknown access key as denied", async () => {
    const keys = { access_key_id: "nobodyknowsthiskey00", secret_access_key: "x".repeat(40) };
    const driver = openBucket({ ...server, bucket: "rustiq-test-none", keys }, nodeClock());
    const thrown = await within(driver, () => driver.head("key", { signal }).catch((reason: unknown) => reason));
    expect(thrown).toMatchObject({ code: "denied", retry: "never" });
  });
});
