import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stampOf } from "../../../core/transfer/mirror/tree.ts";
import { makeFolder, makeMirror, textsIn } from "./around.ts";

/** A mirror of a and b/c that is up to date. */
async function makeReady() {
  const mirror = makeMirror();
  mirror.put("p/a", "one");
  mirror.put("p/b/c", "two");
  await mirror.down();
  mirror.requests.splice(0);
  return mirror;
}

describe("a mirror of a prefix", () => {
  it("fetches what is new and what has changed, and nothing else", async () => {
    const mirror = await makeReady();
    mirror.put("p/b/c", "three");
    mirror.put("p/d", "x");
    mirror.put("pq/other", "not below the prefix");
    const outcome = await mirror.down();
    expect(outcome).toMatchObject({ unchanged: 1, bytes: 6, removals: [] });
    expect(outcome.transfers.map(({ name, why }) => [name, why])).toEqual([
      ["b/c", "changed"],
      ["d", "new"],
    ]);
    expect(mirror.reads()).toEqual(["b/c", "d"]);
    expect(textsIn(mirror.folder)).toEqual({ a: "one", "b/c": "three", d: "x" });
  });

  it("of 10,000 objects costs its listing and nothing else when nothing has changed", { timeout: 60_000 }, async () => {
    const mirror = makeMirror();
    const lines = [JSON.stringify({ format: 1, store: "contents", prefix: "p/" })];
    for (let folder = 0; folder < 100; folder++) mkdirSync(join(mirror.folder, `${folder}`), { recursive: true });
    for (let index = 0; index < 10_000; index++) {
      const name = `${index % 100}/${index}`;
      mirror.put(`p/${name}`, String(index));
      writeFileSync(join(mirror.folder, name), String(index));
      const { etag, size } = mirror.memory.objects.get(`p/${name}`)?.info ?? {};
      const { stamp } = (await stampOf(mirror.parts.files, join(mirror.folder, name))) ?? {};
      lines.push(JSON.stringify({ name, etag, size, stamp }));
    }
    writeFileSync(join(mirror.folder, ".rustiq-mirror.jsonl"), `${lines.join("\n")}\n`);
    mirror.requests.splice(0);
    const written: string[] = [];
    const { open } = mirror.parts.files;
    mirror.parts.files.open = (path, mode) => {
      if (mode !== "read") written.push(path);
      return open(path, mode);
    };
    expect(await mirror.down()).toMatchObject({ transfers: [], unchanged: 10_000, bytes: 0 });
    expect(mirror.requests).toEqual(["list p/"]);
    expect(written).toEqual([]);
  });

  it("puts right what someone else has changed or removed", async () => {
    const mirror = await makeReady();
    writeFileSync(join(mirror.folder, "a"), "ONE");
    rmSync(join(mirror.folder, "b"), { recursive: true });
    const { transfers } = await mirror.down();
    expect(transfers.map(({ name, why }) => [name, why])).toEqual([
      ["a", "differs"],
      ["b/c", "new"],
    ]);
    expect(textsIn(mirror.folder)).toEqual({ a: "one", "b/c": "two" });
  });

  it("leaves alone what the store has not, unless it is to be removed", async () => {
    const mirror = await makeReady();
    mirror.memory.objects.delete("p/b/c");
    expect((await mirror.down()).removals).toEqual([]);
    expect(textsIn(mirror.folder)).toHaveProperty(["b/c"], "two");
    expect((await mirror.down({ delete: true, maxDeleteShare: 0.5 })).removals).toEqual(["b/c"]);
    expect(textsIn(mirror.folder)).toEqual({ a: "one" });
    expect(existsSync(join(mirror.folder, "b"))).toBe(false);
  });

  it("refuses to remove more than its share, before anything is changed", async () => {
    const mirror = makeMirror();
    for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) mirror.put(`p/${name}`, name);
    await mirror.down();
    for (const name of ["a", "b"]) mirror.memory.objects.delete(`p/${name}`);
    await mirror.down({ delete: true, dryRun: true });
    mirror.memory.objects.delete("p/c");
    mirror.put("p/new", "new");
    await expect(mirror.down({ delete: true })).rejects.toMatchObject({
      code: "mirror-deletes",
      message: "3 of 8 local files would be removed; at most 25 % are without force",
    });
    expect(Object.keys(textsIn(mirror.folder))).toHaveLength(8);
    await mirror.down({ delete: true, force: true });
    expect(Object.keys(textsIn(mirror.folder)).sort()).toEqual(["d", "e", "f", "g", "h", "new"]);
  });

  it("says of a dry run what would be done, and does nothing", async () => {
    const mirror = makeMirror();
    mirror.put("p/a", "one");
    expect(await mirror.down({ dryRun: true })).toMatchObject({ transfers: [{ name: "a", why: "new" }], bytes: 0 });
    expect([existsSync(mirror.folder), mirror.requests]).toEqual([false, ["list p/"]]);
  });

  it("replaces a file by a folder and a folder by a file only when it may remove", async () => {
    const mirror = await makeReady();
    for (const key of ["p/a", "p/b/c"]) mirror.memory.objects.delete(key);
    mirror.put("p/a/x", "in a folder now");
    mirror.put("p/b", "a file now");
    await expect(mirror.down()).rejects.toMatchObject({ code: "path-refused" });
    expect(textsIn(mirror.folder)).toEqual({ a: "one", "b/c": "two" });
    await mirror.down({ delete: true, force: true });
    expect(textsIn(mirror.folder)).toEqual({ "a/x": "in a folder now", b: "a file now" });
  });

  it("takes as many objects as its limit says and not one more", async () => {
    const mirror = makeMirror();
    for (const name of ["a", "b", "c"]) mirror.put(`p/${name}`, name);
    expect((await mirror.down({ maxObjects: 3 })).transfers).toHaveLength(3);
    await expect(mirror.down({ maxObjects: 2 })).rejects.toMatchObject({ code: "mirror-too-large" });
  });

  it("is refused while another one is at work on the folder", async () => {
    const mirror = makeMirror();
    mirror.put("p/a", "one");
    const claimed: string[] = [];
    mirror.parts.claim = async (path) => {
      claimed.push(path);
      return undefined;
    };
    await expect(mirror.down()).rejects.toMatchObject({ code: "path-refused" });
    await expect(mirror.down({ dryRun: true })).resolves.toMatchObject({ bytes: 0 });
    expect([claimed, mirror.reads()]).toEqual([[join(mirror.folder, ".rustiq-mirror.jsonl")], []]);
  });

  it("tells how far it is", async () => {
    const mirror = makeMirror();
    mirror.put("p/a", "one");
    const told: string[] = [];
    await mirror.down({ onEvent: ({ type }) => told.push(type) });
    expect(told.filter((type) => type !== "progress")).toEqual(["planned", "transferred"]);
  });
});

describe("names that cannot lie in one folder", () => {
  it.each([
    ["two spellings by case", "Read.me", "read.ME"],
    ["two folders by case", "A/x", "a/y"],
    ["composed and decomposed accents", "caf\u00e9", "cafe\u0301"],
    ["the two small sigmas", "\u03c3", "\u03c2"],
    ["a file and a folder", "a", "a/b"],
    ["a file and a folder by case", "A", "a/b"],
  ])("are refused with both: %s", async (_, first, second) => {
    const mirror = makeMirror();
    mirror.put("p/0", "would be the first");
    mirror.put(`p/${first}`, "1");
    mirror.put(`p/${second}`, "2");
    const refusal = await mirror.down().catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ code: "mirror-collision" });
    for (const name of [first, second])
      expect(String(refusal)).toContain(JSON.stringify(name.split("/")[0]).slice(1, -1));
    expect([mirror.reads(), existsSync(mirror.folder)]).toEqual([[], false]);
  });

  it.each(["nul", "C:x", "a./b", "x".repeat(256)])("are refused alone: %s", async (name) => {
    const mirror = makeMirror();
    mirror.put("p/0", "would be the first");
    mirror.put(`p/${name}`, "1");
    await expect(mirror.down()).rejects.toMatchObject({ code: "invalid-key" });
    expect([mirror.reads(), existsSync(mirror.folder)]).toEqual([[], false]);
  });
});

describe("links below the folder", () => {
  it.each([
    ["where a file has to be", "a", "file"],
    ["where a folder has to be", "b", "folder"],
  ] as const)("are an error %s, and nothing is put behind them", async (_, name, kind) => {
    const outside = makeFolder();
    writeFileSync(join(outside, "file"), "untouched");
    mkdirSync(join(outside, "folder"));
    const mirror = await makeReady();
    rmSync(join(mirror.folder, name), { recursive: true });
    symlinkSync(join(outside, kind), join(mirror.folder, name));
    mirror.put("p/d", "new");
    for (const options of [{}, { delete: true, force: true }, { atomic: true }])
      await expect(mirror.down(options)).rejects.toMatchObject({ code: "path-refused" });
    expect(textsIn(outside)).toEqual({ file: "untouched" });
    expect(mirror.reads()).toEqual([]);
  });

  it("that appear while it works are an error too", async () => {
    const outside = makeFolder();
    const mirror = makeMirror();
    mirror.put("p/a", "1");
    mirror.put("p/b/c", "2");
    const onEvent = ({ type }: { type: string }) => {
      if (type === "transferred" && !existsSync(join(mirror.folder, "b")))
        symlinkSync(outside, join(mirror.folder, "b"));
    };
    await expect(mirror.down({ concurrency: 1, onEvent })).rejects.toMatchObject({ code: "mirror-incomplete" });
    expect(readdirSync(outside)).toEqual([]);
  });

  it("are left alone elsewhere, and said", async () => {
    const outside = makeFolder();
    writeFileSync(join(outside, "file"), "untouched");
    const mirror = await makeReady();
    symlinkSync(outside, join(mirror.folder, "mine"));
    expect((await mirror.down({ delete: true })).ignored).toEqual(["mine"]);
    expect(textsIn(outside)).toEqual({ file: "untouched" });
  });
});

describe("a mirror that is interrupted", () => {
  it("fetches nothing twice that has arrived", async () => {
    const mirror = makeMirror();
    for (let index = 0; index < 40; index++) mirror.put(`p/${index}`, String(index));
    const stop = new AbortController();
    let arrived = 0;
    const onEvent = ({ type }: { type: string }) => {
      if (type === "transferred" && ++arrived === 20) stop.abort(new Error("stopped"));
    };
    await expect(mirror.down({ signal: stop.signal, onEvent, concurrency: 4 })).rejects.toThrow("stopped");
    mirror.requests.splice(0);
    const { transfers, unchanged } = await mirror.down();
    expect(unchanged).toBe(arrived);
    expect(mirror.reads()).toHaveLength(transfers.length);
    expect(Object.keys(textsIn(mirror.folder))).toHaveLength(40);
  });

  it("understands a manifest whose last line is cut off, and mends it", async () => {
    const mirror = await makeReady();
    appendFileSync(join(mirror.folder, ".rustiq-mirror.jsonl"), '{"name":"b/c","eta');
    expect((await mirror.down()).unchanged).toBe(2);
    mirror.put("p/d", "new");
    await mirror.down();
    expect((await mirror.down()).unchanged).toBe(3);
  });

  it.each(["", "no manifest\n", '{"format":2}\n', '{"format":1,"store":"other","prefix":"p/"}\n'])(
    "begins anew on a manifest that is none of its own: %j",
    async (text) => {
      const mirror = await makeReady();
      writeFileSync(join(mirror.folder, ".rustiq-mirror.jsonl"), text);
      expect((await mirror.down()).transfers).toHaveLength(2);
      expect((await mirror.down()).unchanged).toBe(2);
    },
  );

  it("sweeps what killed downloads have left when it is complete", async () => {
    const mirror = await makeReady();
    writeFileSync(join(mirror.folder, "b", ".c.0123456789ab.part"), "half");
    expect((await mirror.down({ delete: true })).removals).toEqual([]);
    expect(textsIn(mirror.folder)).toEqual({ a: "one", "b/c": "two" });
  });
});

describe("a transfer that fails", () => {
  it("keeps the others from nothing but removals", async () => {
    const mirror = await makeReady();
    mirror.put("p/x", "x");
    mirror.put("p/y", "y");
    mirror.memory.objects.delete("p/a");
    // A folder that is planted meanwhile stands where the file has to be.
    const onEvent = ({ type }: { type: string }) => {
      if (type === "planned") mkdirSync(join(mirror.folder, "x", "full"), { recursive: true });
    };
    await expect(mirror.down({ delete: true, force: true, onEvent })).rejects.toMatchObject({
      code: "mirror-incomplete",
      message: expect.stringMatching(/^1 of 2 files could not be transferred: x: /),
    });
    expect(textsIn(mirror.folder)).toEqual({ a: "one", "b/c": "two", y: "y" });
  });

  it("of an object that has gone since the listing is told and is no fault", async () => {
    const mirror = await makeReady();
    mirror.put("p/x", "x");
    mirror.failing.add("p/x");
    const told: string[] = [];
    await mirror.down({ onEvent: ({ type }) => told.push(type) });
    expect(told).toContain("vanished");
  });
});
