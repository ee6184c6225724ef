import { appendFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordLog } from "rustiq/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { nodeRandom } from "../../../core/ports/random.ts";
import { openFolder } from "../../../plugins/fs/driver.ts";
import fs from "../../../plugins/fs/index.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
const drivers: Driver[] = [];
let outside = "";
let root = "";

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "rustiq-medium-"));
  root = join(outside, "mount");
  await mkdir(root);
});
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close?.();
  await rm(outside, { recursive: true });
});

function open(marker?: string): Driver {
  const ports = { clock: nodeClock(), random: nodeRandom(), log: recordLog([]), signal };
  const driver = openFolder({ root, marker, ...ports });
  drivers.push(driver);
  return driver;
}

async function list(driver: Driver): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of driver.list("", { signal })) keys.push(key);
  return keys;
}

/** Another folder takes the place of the root, as a mount does; the answer puts it back. */
async function swap(next: string): Promise<void> {
  await rename(root, join(outside, `was-${next}`));
  await rename(join(outside, next), root);
}

const gone = { code: "unavailable", retry: "safe", message: expect.stringContaining('marker ".medium"') };

describe("a store with a marker", () => {
  test("is unavailable, not empty, while its marker is not there, and nothing is put in its place", async () => {
    const driver = open(".medium");
    for (const work of [
      () => driver.head("a", { signal }),
      () => driver.read("a", { signal }),
      () => driver.write("a/b", bytes, { signal }),
      () => driver.remove("a", { signal }),
      () => list(driver),
    ]) {
      await expect(work()).rejects.toMatchObject(gone);
    }
    expect(await readdir(root)).toEqual([]);
    await rm(root, { recursive: true });
    await expect(driver.write("a", bytes, { signal })).rejects.toMatchObject(gone);
    expect(await readdir(outside)).toEqual([]);
    await mkdir(root);
  });

  test("goes on where the marker is there again, with whatever lies there", async () => {
    const driver = open(".medium");
    await writeFile(join(root, ".medium"), "");
    await driver.write("a", bytes, { signal });
    await mkdir(join(outside, "empty"));
    await swap("empty");
    await expect(driver.head("a", { signal })).rejects.toMatchObject(gone);
    await mkdir(join(outside, "other"));
    await writeFile(join(outside, "other", ".medium"), "");
    await writeFile(join(outside, "other", "b"), "x");
    await swap("other");
    expect(await driver.head("a", { signal })).toBe("missing");
    expect(await list(driver)).toEqual(["b"]);
  });

  test("keeps its marker to itself", async () => {
    const driver = open(".medium");
    await writeFile(join(root, ".medium"), "");
    await driver.write("a", bytes, { signal });
    await driver.write("below/.medium", bytes, { signal });
    expect(await list(driver)).toEqual(["a", "below/.medium"]);
    for (const work of [
      () => driver.write(".medium", bytes, { signal }),
      () => driver.remove(".medium", { signal }),
      () => driver.head(".medium", { signal }),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: "invalid-key", message: expect.stringContaining("marker") });
    }
  });

  test("does not take a listing for whole whose folder was pulled on the way", async () => {
    const driver = open(".medium");
    await writeFile(join(root, ".medium"), "");
    for (const key of ["a", "b/c", "d/e"]) await driver.write(key, bytes, { signal });
    const listing = driver.list("", { signal })[Symbol.asyncIterator]();
    expect((await listing.next()).value).toMatchObject({ key: "a" });
    await mkdir(join(outside, "empty"));
    await swap("empty");
    const rest = async () => {
      while ((await listing.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject(gone);
  });

  test("does not know whether a write has landed whose medium was changed in its middle", async () => {
    const driver = open(".medium");
    await writeFile(join(root, ".medium"), "");
    await mkdir(join(outside, "other"));
    await writeFile(join(outside, "other", ".medium"), "");
    const body = {
      size: bytes.byteLength,
      async *open() {
        yield bytes;
        await swap("other");
      },
    };
    await expect(driver.write("a", body, { signal })).rejects.toMatchObject({ code: "unavailable" });
    expect((await readdir(root)).filter((name) => name !== ".medium")).toEqual([]);
  });
});

test.each(["a/b", "..", "", "a\u0000", "nul"])("no marker is named %j", (marker) => {
  expect(fs.config.safeParse({ path: "/data", marker }).success).toBe(false);
  expect(fs.config.safeParse({ path: "/data", marker: ".rustiq-store" }).success).toBe(true);
});

describe("a folder that rsync writes to", () => {
  test("has a file under its own name only when it is whole; the name it has before is one like any other", async () => {
    const driver = open();
    const temporary = join(root, ".commands.json.Xa91bc");
    await writeFile(temporary, "[1,");
    // Nobody can tell it from a name that someone has chosen, such as `.profile.backup`.
    expect(await list(driver)).toEqual([".commands.json.Xa91bc"]);
    expect(await driver.head("commands.json", { signal })).toBe("missing");
    const half = await driver.read(".commands.json.Xa91bc", { signal });
    if (half.status !== "ok") throw new Error(half.status);
    half.body.destroy();
    await appendFile(temporary, "2]");
    const { etag } = half.info;
    expect(await driver.read(".commands.json.Xa91bc", { signal, ifMatch: etag })).toEqual({ status: "changed" });
    await rename(temporary, join(root, "commands.json"));
    expect(await list(driver)).toEqual(["commands.json"]);
    const whole = await driver.read("commands.json", { signal });
    expect(whole.status === "ok" ? Buffer.concat(await whole.body.toArray()).toString() : whole.status).toBe("[1,2]");
    expect(await driver.read(".commands.json.Xa91bc", { signal })).toEqual({ status: "missing" });
  });
});
