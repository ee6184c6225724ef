import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { makeDevice, makeEmptyFolder, put, rustiq, stack, start, startDevice } from "./rustiq.ts";

// Several processes a test, one after the other.
vi.setConfig({ testTimeout: 60_000 });

const linesOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A folder with two objects in the store `contents`. */
function makeStores(): string {
  const folder = makeEmptyFolder();
  put(folder, "data/contents/p/a.txt", "one\n");
  put(folder, "data/contents/p/b/c.txt", "three\n");
  return folder;
}

describe("rustiq store ls and stat", () => {
  it.concurrent("list size, time and key in key order, or a JSON document a line", async () => {
    const folder = makeStores();
    const { code, stdout, stderr } = await rustiq(folder, ["store", "ls", "contents"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^ +4 {2}\d{4}-\S+Z {2}p\/a\.txt\n +6 {2}\S+ {2}p\/b\/c\.txt\n$/);
    const json = linesOf((await rustiq(folder, ["store", "ls", "contents", "p/b", "--json"])).stdout);
    expect(json).toEqual([expect.objectContaining({ key: "p/b/c.txt", size: 6, etag: expect.any(String) })]);
    expect(await rustiq(folder, ["store", "ls", "status"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(existsSync(join(folder, "state"))).toBe(false);
  });

  it.concurrent("do not disturb a running device, and stop when their reader has seen enough", async () => {
    const folder = makeDevice();
    const device = await startDevice(folder);
    put(folder, "data/contents/a", "1");
    expect((await rustiq(folder, ["store", "ls", "contents"])).code).toBe(0);
    const listing = start(folder, ["store", "ls", "contents"]);
    listing.child.stdout?.destroy();
    expect(await listing.ended).toMatchObject({ code: 0, stderr: "" });
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  });

  it.concurrent("say everything of one object, and that one is not there", async () => {
    const folder = makeStores();
    const { stdout } = await rustiq(folder, ["store", "stat", "contents", "p/a.txt", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ key: "p/a.txt", size: 4, modified_at: expect.stringMatching(/Z$/) });
    const missing = await rustiq(folder, ["store", "stat", "contents", "p/x", "--json"]);
    expect([missing.code, JSON.parse(missing.stdout).error.code]).toEqual([1, "object-missing"]);
  });

  it.concurrent.each([
    [["ls", "contnts"], 2, "did you mean 'contents'?"],
    [["ls", "contents", "../x"], 1, "store-invalid-key"],
    [["get", "contents", "../x"], 1, "store-invalid-key"],
    [["get", "contents", "a", "--sha256", "12"], 2, "64 hexadecimal digits"],
    [["put", "contents", "nothing", "a"], 1, "there is no file"],
    [["put", "contents", "a", "a", "--create-only", "--if-match", "x"], 2, "cannot be used with"],
    [["rm", "contents"], 2, "no key was given"],
    [["sync", "contents", "p", "x", "--up", "--atomic"], 2, "cannot be used with"],
    [["sync", "contents", "p", "x", "--max-delete", "101"], 2, "from 0 to 100"],
    [["sync", "--up", "contents", "p", "nothing"], 1, "file-missing"],
  ])("%j ends with %i and says why", async (args, code, said) => {
    const ended = await rustiq(makeEmptyFolder(), ["store", ...args]);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toMatch(stack);
  });

  it.concurrent.each(["ls", "stat", "get", "put", "rm", "sync"])("shows examples for %s", async (command) => {
    const { code, stdout } = await rustiq(makeEmptyFolder(), ["store", command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Examples:\n  $ rustiq store");
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
  });
});

describe("rustiq store get and put", () => {
  it.concurrent("fetch into a file, which is replaced only with --force", async () => {
    const folder = makeStores();
    expect((await rustiq(folder, ["store", "get", "contents", "p/a.txt"])).code).toBe(0);
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one\n");
    writeFileSync(join(folder, "a.txt"), "mine");
    expect(await rustiq(folder, ["store", "get", "contents", "p/a.txt"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a.txt is there already"),
    });
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("mine");
    const forced = await rustiq(folder, ["store", "get", "contents", "p/a.txt", "./", "--force", "--json"]);
    expect(JSON.parse(forced.stdout)).toMatchObject({ size: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one\n");
  });

  it.concurrent("write to standard output the bytes alone, and fail where the digest is another", async () => {
    const folder = makeStores();
    const out = ["store", "get", "contents", "p/a.txt", "-"];
    expect(await rustiq(folder, out)).toEqual({ code: 0, stdout: "one\n", stderr: "" });
    const both = await rustiq(folder, [...out, "--json"]);
    expect([both.code, JSON.parse(both.stdout).error.code]).toEqual([2, "usage"]);
    const wrong = await rustiq(folder, [...out, "--sha256", "0".repeat(64)]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("store-corrupt") });
  });

  it.concurrent("give a file the object's time, and the permissions that are asked for", async () => {
    const folder = makeStores();
    const modifiedAt = new Date("2024-05-06T07:08:09Z");
    utimesSync(join(folder, "data/contents/p/a.txt"), modifiedAt, modifiedAt);
    const look = () => {
      const { mode, mtime } = statSync(join(folder, "a.txt"));
      return [(mode & 0o777).toString(8), mtime];
    };
    await rustiq(folder, ["store", "get", "contents", "p/a.txt"]);
    expect(look()).toEqual(["600", modifiedAt]);
    await rustiq(folder, ["store", "get", "contents", "p/a.txt", "--force", "--mode", "644"]);
    expect(look()).toEqual(["644", modifiedAt]);
    const wrong = await rustiq(folder, ["store", "get", "contents", "p/a.txt", "--force", "--mode", "044"]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("that let the owner read, such as 644") });
  });

  it.concurrent("put a file, and not over one that must not be there", async () => {
    const folder = makeStores();
    put(folder, "new.txt", "new\n");
    expect((await rustiq(folder, ["store", "put", "contents", "new.txt", "p/new.txt"])).code).toBe(0);
    expect(readFileSync(join(folder, "data/contents/p/new.txt"), "utf8")).toBe("new\n");
    const again = await rustiq(folder, ["store", "put", "contents", "new.txt", "p/a.txt", "--create-only"]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("store-conflict") });
    const swap = await rustiq(folder, ["store", "put", "contents", "new.txt", "p/a.txt", "--if-match", "x"]);
    expect(swap).toMatchObject({ code: 1, stderr: expect.stringContaining("store-unsupported") });
    expect(readFileSync(join(folder, "data/contents/p/a.txt"), "utf8")).toBe("one\n");
  });
});

describe("rustiq store rm", () => {
  it.concurrent("removes keys and says which were not there; by a prefix only with --yes", async () => {
    const folder = makeStores();
    put(folder, "data/contents/q", "stays");
    const removed = await rustiq(folder, ["store", "rm", "contents", "p/a.txt", "nope", "--json"]);
    expect([removed.code, JSON.parse(removed.stdout)]).toEqual([0, { removed: ["p/a.txt"], missing: ["nope"] }]);
    const counted = await rustiq(folder, ["store", "rm", "contents", "--prefix", "p/"]);
    expect(counted).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("1 object of contents would be removed"),
    });
    const all = await rustiq(folder, ["store", "rm", "contents", "--prefix", "p/", "--yes"]);
    expect(all).toMatchObject({ code: 0, stdout: "1 object removed\n" });
    expect((await rustiq(folder, ["store", "ls", "contents"])).stdout).toMatch(/^ +5 {2}\S+ {2}q\n$/);
  });
});

describe("rustiq store sync", () => {
  it.concurrent("mirrors down and up, and says nothing about progress where nobody watches", async () => {
    const folder = makeStores();
    const down = ["store", "sync", "contents", "p", "mirror"];
    const plan = await rustiq(folder, [...down, "--dry-run"]);
    expect(plan.stdout).toBe(
      "would transfer  a.txt  4 B, new\nwould transfer  b/c.txt  6 B, new\n" +
        "2 files would be transferred, 0 would be removed, 0 unchanged\n",
    );
    expect(existsSync(join(folder, "mirror"))).toBe(false);
    const first = await rustiq(folder, down);
    expect(first).toEqual({ code: 0, stdout: "2 files transferred (10 B), 0 removed, 0 unchanged\n", stderr: "" });
    put(folder, "mirror/b/c.txt", "THREE\n");
    const up = linesOf((await rustiq(folder, ["store", "sync", "--up", "contents", "p", "mirror", "--json"])).stdout);
    const requests = { list: 1, write: 1 };
    const traffic = { requests, answered: 2, failed: {}, retries: 0, bytes_up: 6, bytes_down: 0 };
    expect(up).toEqual([
      { event: "planned", transfers: 1, bytes: 6, removals: 0 },
      { event: "transferred", name: "b/c.txt", bytes: 6 },
      { event: "end", dry_run: false, transferred: 1, removed: 0, unchanged: 1, ignored: 0, bytes: 6, traffic },
    ]);
    expect(readFileSync(join(folder, "data/contents/p/b/c.txt"), "utf8")).toBe("THREE\n");
    expect((await rustiq(folder, [...down, "--atomic"])).stdout).toContain("0 files transferred");
  });

  it.concurrent("refuses too many removals and links in its way", async () => {
    const folder = makeStores();
    put(folder, "mirror/mine", "mine");
    const guarded = await rustiq(folder, ["store", "sync", "contents", "p", "mirror", "--delete"]);
    expect(guarded).toMatchObject({ code: 1, stderr: expect.stringContaining("1 of 1 local files would be removed") });
    mkdirSync(join(folder, "outside"));
    symlinkSync(join(folder, "outside"), join(folder, "mirror/b"));
    const linked = await rustiq(folder, ["store", "sync", "contents", "p", "mirror"]);
    expect(linked).toMatchObject({ code: 1, stderr: expect.stringContaining("error[path-refused]") });
    expect([existsSync(join(folder, "outside/c.txt")), existsSync(join(folder, "mirror/a.txt"))]).toEqual([
      false,
      false,
    ]);
  });

  it.concurrent("ends with 130 at Ctrl+C, and goes on the next time", async () => {
    const folder = makeEmptyFolder();
    for (let index = 0; index < 500; index++) put(folder, `data/contents/p/${index}`, `${index}`);
    const args = ["store", "sync", "contents", "p", "mirror", "--concurrency", "1", "--json"];
    const run = start(folder, args);
    await run.sees('"transferred"');
    run.child.kill("SIGINT");
    expect(await run.ended).toMatchObject({ code: 130, stderr: "stopped\n" });
    const end = linesOf((await rustiq(folder, args)).stdout).at(-1);
    expect(end).toMatchObject({ event: "end" });
    expect(end.transferred + end.unchanged).toBe(500);
    expect(end.unchanged).toBeGreaterThan(0);
  });
});
