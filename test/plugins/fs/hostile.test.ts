import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { recordLog } from "rustiq/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Driver, StoreError } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { nodeRandom } from "../../../core/ports/random.ts";
import { openFolder } from "../../../plugins/fs/driver.ts";
import { hostileKeys, hostilePaths, plainKeys } from "../../store/hostile.ts";

const { signal } = new AbortController();
let outside = "";
let root = "";
let driver: Driver;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "rustiq-hostile-"));
  root = join(outside, "store");
  await mkdir(root);
  await mkdir(join(outside, "elsewhere"));
  await writeFile(join(outside, "elsewhere", "secret"), "secret");
  driver = openFolder({ root, clock: nodeClock(), random: nodeRandom(), log: recordLog([]), signal });
});
afterEach(async () => {
  await driver.close?.();
  await rm(outside, { recursive: true });
});

/** Undefined when the key was refused, or meets a link or a name that is taken by a folder or file. */
async function tryIt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof StoreError && ["invalid-key", "denied"].includes(thrown.code)) return undefined;
    throw thrown;
  }
}

async function list(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of driver.list("", { signal })) keys.push(key);
  return keys;
}

async function checkOutside(): Promise<void> {
  expect((await readdir(outside)).sort()).toEqual(["elsewhere", "store"]);
  expect(await readdir(join(outside, "elsewhere"))).toEqual(["secret"]);
  expect(await readFile(join(outside, "elsewhere", "secret"), "utf8")).toBe("secret");
}

/** Each write is made durable, which takes its time on a slow disk. */
const limitMs = 120_000;

test(
  "holds every unusual name as it is, each in a file of its own",
  async () => {
    // A folder cannot also be a file.
    const keys = plainKeys.filter((key) => !plainKeys.some((other) => other.startsWith(`${key}/`)));
    for (const key of keys) await driver.write(key, Buffer.from(key), { signal });
    // Of the root of a disk it is not the store's.
    const listed = keys.filter((key) => key !== "lost+found");
    expect((await list()).sort()).toEqual([...listed].sort());
    for (const key of keys) {
      const answer = await driver.read(key, { signal });
      expect(answer.status === "ok" ? Buffer.concat(await answer.body.toArray()).toString() : answer.status).toBe(key);
    }
    for (const key of keys) await driver.remove(key, { signal });
    expect(await list()).toEqual([]);
  },
  limitMs,
);

test(
  "never reaches out of its folder, whatever the key and whatever links are planted",
  async () => {
    const links: readonly (readonly [name: string, target: string])[] = [
      ["link", "../elsewhere"],
      ["up", ".."],
      ["self", "."],
      ["absolute", outside],
      ["file", "../elsewhere/secret"],
      ["made", "../elsewhere/made"],
    ];
    for (const [name, target] of links) {
      await symlink(target, join(root, name));
      await mkdir(join(root, "folder"), { recursive: true });
      await symlink(target, join(root, "folder", name));
    }
    const piece = fc.oneof(
      fc.constantFrom(
        "link",
        "up",
        "self",
        "absolute",
        "file",
        "made",
        "folder",
        "store",
        "elsewhere",
        "secret",
        "new",
      ),
      fc.constantFrom(...[...hostileKeys, ...hostilePaths].map(([, key]) => key.slice(0, 300)), ...plainKeys),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join("/"));
    await fc.assert(
      fc.asyncProperty(text, async (key) => {
        const before = new Set(await list());
        const read = await tryIt(() => driver.read(key, { signal }));
        const found = read?.status === "ok" ? Buffer.concat(await read.body.toArray()).toString() : "";
        expect(found).not.toContain("secret");
        const written = await tryIt(() => driver.write(key, Buffer.from("new"), { signal }));
        await checkOutside();
        const after = await list();
        if (written === undefined) expect(new Set(after)).toEqual(before);
        else if (key !== "lost+found" && !key.startsWith("lost+found/"))
          expect(new Set(after)).toEqual(before.add(key));
        await tryIt(() => driver.remove(key, { signal }));
        await checkOutside();
      }),
      { numRuns: 300 },
    );
  },
  limitMs,
);
