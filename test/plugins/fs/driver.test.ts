import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogLine, recordLog } from "rustiq/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { nodeRandom } from "../../../core/ports/random.ts";
import { openFolder } from "../../../plugins/fs/driver.ts";
import { hostileKeys, hostilePaths } from "../../store/hostile.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
const drivers: Driver[] = [];
let outside = "";
let root = "";

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "rustiq-fs-"));
  root = join(outside, "store");
  await mkdir(root);
});
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close?.();
  await chmod(root, 0o755).catch(() => undefined);
  await rm(outside, { recursive: true });
});

function open(folder = root, lines: LogLine[] = []): Driver {
  const driver = openFolder({ root: folder, clock: nodeClock(), random: nodeRandom(), log: recordLog(lines), signal });
  drivers.push(driver);
  return driver;
}

async function list(driver: Driver, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const info of driver.list(prefix, { signal })) keys.push(info.key);
  return keys;
}

describe("names", () => {
  test.each([...hostileKeys, ...hostilePaths])("refuses %s in every operation", async (_, key) => {
    const driver = open();
    const refused = { name: "StoreError", code: "invalid-key" };
    // The length of a whole key is core's affair; here each name counts.
    if (Buffer.byteLength(key) > 1024 && key.split("/").every((name) => Buffer.byteLength(name) <= 255)) return;
    await expect(driver.head(key, { signal })).rejects.toMatchObject(refused);
    await expect(driver.read(key, { signal })).rejects.toMatchObject(refused);
    await expect(driver.write(key, bytes, { signal })).rejects.toMatchObject(refused);
    await expect(driver.remove(key, { signal })).rejects.toMatchObject(refused);
    expect(await readdir(outside)).toEqual(["store"]);
    expect(await readdir(root)).toEqual([]);
  });

  test("lists nothing outside of the folder", async () => {
    await writeFile(join(outside, "secret"), "x");
    const driver = open();
    for (const prefix of ["../", "..", "/", `${outside}/`]) expect(await list(driver, prefix)).toEqual([]);
  });

  test("says that a key cannot be the beginning of another", async () => {
    const driver = open();
    await driver.write("a", bytes, { signal });
    await expect(driver.write("a/b", bytes, { signal })).rejects.toMatchObject({ code: "invalid-key" });
    await driver.write("c/d", bytes, { signal });
    await expect(driver.write("c", bytes, { signal })).rejects.toMatchObject({ code: "invalid-key" });
    const when = { absent: true } as const;
    await expect(driver.write("c", bytes, { signal, when })).rejects.toMatchObject({ code: "invalid-key" });
    expect(await list(driver)).toEqual(["a", "c/d"]);
  });
});

describe("links", () => {
  beforeEach(async () => {
    await mkdir(join(outside, "elsewhere"));
    await writeFile(join(outside, "elsewhere", "secret"), "secret");
  });

  test.each([
    ["to a folder outside", "../elsewhere", "link/secret"],
    ["to a folder above", "..", "link/elsewhere/secret"],
    ["to a file outside", "../elsewhere/secret", "link"],
  ])("%s are not followed", async (_, target, key) => {
    await symlink(target, join(root, "link"));
    const driver = open();
    const denied = { code: "denied", message: expect.stringContaining("link") };
    await expect(driver.head(key, { signal })).rejects.toMatchObject(denied);
    await expect(driver.read(key, { signal })).rejects.toMatchObject(denied);
    await expect(driver.remove(key, { signal })).rejects.toMatchObject(denied);
    expect(await list(driver)).toEqual([]);
    expect(await readFile(join(outside, "elsewhere", "secret"), "utf8")).toBe("secret");
  });

  test("are not written through", async () => {
    await symlink("../elsewhere", join(root, "folder"));
    await symlink("../elsewhere/secret", join(root, "file"));
    await symlink("../elsewhere/made", join(root, "dangling"));
    const driver = open();
    await expect(driver.write("folder/new", bytes, { signal })).rejects.toMatchObject({ code: "denied" });
    await expect(driver.write("folder/sub/new", bytes, { signal })).rejects.toMatchObject({ code: "denied" });
    // A link to nowhere is as little a folder; trying again would not help.
    await expect(driver.write("dangling/new", bytes, { signal })).rejects.toMatchObject({
      code: "denied",
      retry: "never",
    });
    // The name itself is replaced, as rename does.
    await driver.write("file", bytes, { signal });
    await driver.write("dangling", bytes, { signal });
    expect(await readdir(join(outside, "elsewhere"))).toEqual(["secret"]);
    expect(await readFile(join(outside, "elsewhere", "secret"), "utf8")).toBe("secret");
  });

  test("may be the folder itself", async () => {
    await symlink("store", join(outside, "current"));
    const driver = open(join(outside, "current"));
    await driver.write("a/b", bytes, { signal });
    expect(await list(driver)).toEqual(["a/b"]);
    expect(await readdir(root)).toEqual(["a"]);
  });
});

describe("a path that is a file", () => {
  test("is told, not taken for an empty folder", async () => {
    const file = join(outside, "file");
    await writeFile(file, "no folder");
    const driver = open(file);
    for (const key of ["a", "a/b"]) {
      await expect(driver.head(key, { signal })).rejects.toMatchObject({ code: "unavailable" });
      await expect(driver.read(key, { signal })).rejects.toMatchObject({ code: "unavailable" });
    }
  });
});

describe("a folder that is not there", () => {
  test("is empty, and made on the first write", async () => {
    const folder = join(outside, "usb", "contents");
    const driver = open(folder);
    expect(await driver.head("a", { signal })).toBe("missing");
    expect(await driver.read("a", { signal })).toEqual({ status: "missing" });
    expect(await list(driver)).toEqual([]);
    await driver.remove("a", { signal });
    expect(await readdir(outside)).toEqual(["store"]);
    await driver.write("a/b/c", bytes, { signal });
    expect(await list(driver)).toEqual(["a/b/c"]);
  });
});

describe("temporary files", () => {
  const name = `.rustiq-${"0".repeat(16)}.tmp`;

  test("are neither listed nor keys", async () => {
    await writeFile(join(root, name), "half");
    const driver = open();
    expect(await list(driver)).toEqual([]);
    await expect(driver.head(name, { signal })).rejects.toMatchObject({ code: "invalid-key" });
  });

  test("are removed on open when they are older than an hour", async () => {
    await mkdir(join(root, "deep", "er"), { recursive: true });
    const old = join(root, "deep", "er", name);
    const fresh = join(root, name);
    for (const path of [old, fresh]) await writeFile(path, "half");
    await utimes(old, 0, 1_000_000);
    const lines: LogLine[] = [];
    open(root, lines);
    await expect.poll(() => readdir(join(root, "deep", "er"))).toEqual([]);
    expect(await readdir(root)).toEqual([name, "deep"]);
    expect(lines).toContainEqual(expect.objectContaining({ level: "info", fields: { path: old } }));
  });

  test("do not stay after a write that failed", async () => {
    const driver = open();
    const body = {
      size: 9,
      async *open() {
        yield bytes;
        throw new Error("gone");
      },
    };
    await expect(driver.write("a", body, { signal })).rejects.toThrow();
    const when = { absent: true } as const;
    await driver.write("b", bytes, { signal, when });
    await expect(driver.write("b", bytes, { signal, when })).rejects.toMatchObject({ code: "conflict" });
    expect(await readdir(root)).toEqual(["b"]);
  });
});

test("the etag changes with every version, also of the same bytes", async () => {
  const driver = open();
  const etags = new Set<string>();
  for (let round = 0; round < 20; round++) etags.add((await driver.write("a", bytes, { signal })).etag);
  expect(etags.size).toBeGreaterThan(1);
  const { etag } = await driver.write("a", bytes, { signal });
  await writeFile(join(root, "a"), "CONTENT");
  expect(await driver.read("a", { signal, ifMatch: etag })).toEqual({ status: "changed" });
});

// Nothing is forbidden to root.
test.skipIf(process.getuid?.() === 0)("a folder that cannot be written is readable", async () => {
  const driver = open();
  await driver.write("a", bytes, { signal });
  await chmod(root, 0o555);
  expect(await list(driver)).toEqual(["a"]);
  await expect(driver.write("b", bytes, { signal })).rejects.toMatchObject({ code: "denied", retry: "never" });
});
