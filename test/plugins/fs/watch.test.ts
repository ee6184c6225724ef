import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordLog } from "rustiq/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeClock } from "../../../core/ports/clock.ts";
import { watchFolder } from "../../../plugins/fs/watch.ts";

const clock = nodeClock();
const never = new AbortController().signal;
let outside = "";
let root = "";

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "rustiq-watch-"));
  root = join(outside, "store");
});
afterEach(() => rm(outside, { recursive: true }));

/** Counts what the watch of `prefix` tells. */
async function watch(prefix: string, work: (count: () => number) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let count = 0;
  const run = async () => {
    for await (const _ of watchFolder({ root, prefix, clock, log: recordLog([]), signal: controller.signal })) count++;
  };
  const running = run();
  await expect.poll(() => count).toBe(1);
  await work(() => count);
  controller.abort();
  await running;
}

/** More than the time in which events are one. */
const settle = () => clock.sleep(150, never);

test("tells of files in folders made later, at any depth", async () => {
  await mkdir(root);
  await watch("", async (count) => {
    await mkdir(join(root, "a/b/c"), { recursive: true });
    await expect.poll(count).toBeGreaterThan(1);
    await settle();
    const before = count();
    await writeFile(join(root, "a/b/c/file"), "x");
    await expect.poll(count).toBeGreaterThan(before);
  });
});

test("makes one of many events at once", async () => {
  await mkdir(root);
  await watch("", async (count) => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => writeFile(join(root, `file-${index}`), "x")));
    await settle();
    expect(count()).toBeGreaterThan(1);
    expect(count()).toBeLessThan(10);
  });
});

test("says nothing while nothing happens, nor of files that are still being written by us", async () => {
  await mkdir(root);
  await watch("", async (count) => {
    await writeFile(join(root, `.rustiq-${"0".repeat(16)}.tmp`), "half");
    await clock.sleep(2500, never);
    expect(count()).toBe(1);
  });
});

test("waits for a folder that is not there yet, also below one that is", async () => {
  await mkdir(root);
  await watch("incoming/display/", async (count) => {
    await mkdir(join(root, "incoming/display"), { recursive: true });
    await expect.poll(count).toBeGreaterThan(1);
    await settle();
    const before = count();
    await writeFile(join(root, "incoming/display/commands.json"), "[]");
    await expect.poll(count, { timeout: 5000 }).toBeGreaterThan(before);
  });
});

test("finds the folder again that vanished and came back, or was replaced", async () => {
  await watch("", async (count) => {
    await mkdir(root);
    await expect.poll(count, { timeout: 5000 }).toBeGreaterThan(1);
    await rm(root, { recursive: true });
    await clock.sleep(2500, never);
    await mkdir(root);
    await clock.sleep(2500, never);
    const before = count();
    await writeFile(join(root, "file"), "x");
    await expect.poll(count).toBeGreaterThan(before);
    await mkdir(join(outside, "next"));
    await rename(root, join(outside, "old"));
    await rename(join(outside, "next"), root);
    await clock.sleep(2500, never);
    const replaced = count();
    await writeFile(join(root, "other"), "x");
    await expect.poll(count).toBeGreaterThan(replaced);
  });
});
