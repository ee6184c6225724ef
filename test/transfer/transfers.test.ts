import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeClock } from "../../core/ports/clock.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { GivenStores } from "../../core/testkit/surroundings.ts";
import { downloadFile } from "../../core/transfer/download-file.ts";
import { mirrorDown } from "../../core/transfer/mirror/down.ts";
import { createTransfers } from "../../core/transfer/transfers.ts";
import { makeObject, mebibyte, openNoted } from "./downloading.ts";

const { signal } = new AbortController();
const modifiedAt = Date.parse("2024-05-06T07:08:09Z");
const parts = { files: nodeFiles(), random: nodeRandom(), clock: nodeClock(), reservedBytes: () => 0 };
/** The store says of every object that it was changed at that time. */
const dated = openNoted((driver) => ({
  read: async (key, op) => {
    const answer = await driver.read(key, op);
    return answer.status === "ok" ? { ...answer, info: { ...answer.info, modifiedAt } } : answer;
  },
}));
const put = (key: string, bytes: Uint8Array) => dated.store.write(key, bytes, { signal });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rustiq-transfers-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = (name: string) => {
  const { mode, mtimeMs } = statSync(join(folder, name));
  return [(mode & 0o777).toString(8), mtimeMs];
};

describe("a downloaded file", () => {
  it.each([
    ["in one piece", 1000],
    ["in ranges", 9 * mebibyte],
  ])("has the object's time of change, and is its owner's only, when it came %s", async (_, size) => {
    await put("a", makeObject(size));
    await downloadFile(parts, dated.store, "a", join(folder, "a"), { signal });
    expect(look("a")).toEqual(["600", modifiedAt]);
    await downloadFile(parts, dated.store, "a", join(folder, "b"), { signal, mode: 0o640 });
    expect(look("b")).toEqual(["640", modifiedAt]);
  });

  it.each([false, true])("has them in a mirror too, which is up to date afterwards (atomic: %s)", async (atomic) => {
    await put("pictures/a", makeObject(1000));
    const mirror = () =>
      mirrorDown(parts, dated.store, "pictures", join(folder, "shown"), { signal, mode: 0o644, atomic });
    expect((await mirror()).transfers).toHaveLength(1);
    expect(look("shown/a")).toEqual(["644", modifiedAt]);
    expect(await mirror()).toMatchObject({ transfers: [], unchanged: 1 });
  });
});

describe("sync for plugins", () => {
  const told: unknown[] = [];
  const events = { tell: (name: string, event: object) => void told.push([name, event]) };
  const transfers = createTransfers({ ...parts, stores: new GivenStores([dated.store]), events });
  afterEach(() => void told.splice(0));
  const shown = () => join(folder, "shown");
  const sync = (more = {}) => transfers.sync(dated.store.name, "slides", shown(), { signal, ...more });

  it("makes the folder like the prefix, and asks for nothing that is there", async () => {
    await put("slides/1", Buffer.from("one"));
    await put("slides/deep/2", Buffer.from("two"));
    expect(await sync()).toEqual({ transferred: 2, removed: 0, unchanged: 0, bytes: 6 });
    expect(readFileSync(join(shown(), "deep/2"), "utf8")).toBe("two");
    const common = { direction: "down", store: dated.store.name, bytes: 3 };
    expect(told).toEqual([
      ["transfer", { ...common, key: "slides/1" }],
      ["transfer", { ...common, key: "slides/deep/2" }],
    ]);
    dated.reads.splice(0);
    expect(await sync()).toEqual({ transferred: 0, removed: 0, unchanged: 2, bytes: 0 });
    expect(dated.reads).toEqual([]);
  });

  it("removes much only when it is forced", async () => {
    await put("slides/1", Buffer.from("one"));
    await sync();
    writeFileSync(join(shown(), "extra"), "");
    writeFileSync(join(shown(), "more"), "");
    await expect(sync({ delete: true })).rejects.toMatchObject({ code: "mirror-deletes" });
    expect(await sync({ delete: true, force: true })).toMatchObject({ removed: 2 });
  });

  it("works on a folder once at a time", async () => {
    await put("slides/1", makeObject(4 * mebibyte, 7));
    const [first, second] = await Promise.allSettled([sync(), sync()]);
    expect([first.status, second.status].sort()).toEqual(["fulfilled", "rejected"]);
  });
});

describe("a download for plugins", () => {
  const told: unknown[] = [];
  const events = { tell: (...event: unknown[]) => void told.push(event) };
  const transfers = createTransfers({ ...parts, stores: new GivenStores([dated.store]), events });
  afterEach(() => void told.splice(0));
  const download = (key: string, more = {}) =>
    transfers.download(dated.store.name, key, join(folder, "a"), { signal, ...more });
  const common = { direction: "down", store: dated.store.name, ms: expect.any(Number) };

  it("is told of when it has ended, with its bytes", async () => {
    await put("a", makeObject(1000));
    await download("a");
    expect(told).toEqual([["transfer", { ...common, key: "a", bytes: 1000 }]]);
  });

  it("is told of when it fails, with the reason", async () => {
    await put("a", makeObject(1000));
    await expect(download("b")).rejects.toThrow();
    await expect(download("a", { maxBytes: 999 })).rejects.toThrow();
    expect(told).toEqual([
      ["transfer", { ...common, key: "b", bytes: 0, error: `store ${dated.store.name} has no object b` }],
      ["transfer", { ...common, key: "a", bytes: 0, error: "a has 1000 bytes; at most 999 are taken" }],
    ]);
  });
});
