import { describe, expect, it } from "vitest";
import { compactAfterBytes } from "../../core/journal/writer.ts";
import { Disk, type DiskOperation, errno } from "./disk.ts";
import { keptNames, openJournal, recordsIn, segmentPaths } from "./open.ts";
import { kept } from "./records.ts";

const durable = { durable: true };
const large = kept("large", "x".repeat(compactAfterBytes + 1));
const size = (disk: Disk) => segmentPaths(disk).map((path) => disk.contents.get(path)?.byteLength ?? 0);

/** A journal whose segment has grown so that the next write replaces it. */
async function grow(disk: Disk) {
  const journal = await openJournal(disk);
  // The state itself is small again.
  await journal.append([large, kept("large", undefined)], durable);
  return journal;
}

describe("a segment that has grown", () => {
  it("is replaced by one that begins with the state, so that two of them bound the disk", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const piece = "x".repeat(compactAfterBytes / 8);
    const seen = new Set<string>();
    for (let count = 0; count < 24; count++) {
      await journal.append([kept("piece", `${count}${piece}`)], durable);
      for (const path of segmentPaths(disk)) seen.add(path);
      expect(segmentPaths(disk).length).toBeLessThanOrEqual(2);
      // The state, what is written until the bound is passed, and the write that passes it.
      for (const bytes of size(disk)) expect(bytes).toBeLessThan(compactAfterBytes + 3 * piece.length);
    }
    expect(seen.size).toBeGreaterThan(2);
    expect((await openJournal(disk.afterPowerCut())).state).toEqual({ ...journal.state, boots: 2 });
  });

  it.each([
    ["a byte more", 1, 2],
    ["no more", 0, 1],
  ])("is replaced when it has its bound of bytes behind the state and %s", async (_, more, segments) => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const [before = 0] = size(disk);
    await journal.append([kept("a", "")], { durable: false });
    const [empty = 0] = size(disk);
    const wanted = before + compactAfterBytes + more - empty;
    const overhead = Buffer.byteLength(JSON.stringify({ n: 3, ...kept("b", "") })) + 8;
    await journal.append([kept("b", "x".repeat(wanted - overhead))], { durable: false });
    expect(size(disk)).toEqual([before + compactAfterBytes + more]);
    await journal.append([kept("c", 1)], durable);
    expect(segmentPaths(disk)).toHaveLength(segments);
  });

  it("passes over what was on its way when the state was written", async () => {
    const disk = new Disk();
    const journal = await grow(disk);
    let later: Promise<unknown> | undefined;
    disk.fault = (operation) => {
      if (operation === "remove") later ??= journal.append([kept("a", "later"), kept("later", 1)], durable);
      return undefined;
    };
    await journal.append([kept("a", 1)], durable);
    await later;
    const [, path = ""] = segmentPaths(disk);
    expect(recordsIn(disk, path).map(({ n }) => n)).toEqual([4, 5, 6]);
    const next = await openJournal(disk.afterPowerCut());
    expect(next.state.kept.get("scheduler")?.get("a")).toBe("later");
    expect(keptNames(next)).toEqual(["a", "later"]);
  });
});

describe("a new segment that fails", () => {
  const steps: readonly DiskOperation[] = ["remove", "open", "write", "sync", "rename", "syncFolder"];
  const failures = steps.flatMap((step) => ["ENOSPC", "EIO"].map((code) => [step, code] as const));
  const isNew = (path: string) => path.includes("-000002.journal") || path === "/state/journal";

  it.each(failures)("at its %s (%s) loses nothing of what is appended after it", async (failing, code) => {
    const disk = new Disk();
    const journal = await grow(disk);
    let failed = 0;
    disk.fault = (operation, path) => {
      if (operation !== failing || !isNew(path) || failed > 0) return undefined;
      failed += 1;
      return errno(code);
    };
    await journal.append([kept("a", 1)], durable);
    expect(failed).toBe(1);
    await journal.append([kept("b", 1)], durable);
    expect(keptNames(await openJournal(disk.afterKill()))).toEqual(["a", "b"]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b"]);
  });

  it("leaves the old one in use, and is tried again when that has grown by another MiB", async () => {
    const disk = new Disk();
    const journal = await grow(disk);
    const tries = () => disk.log.filter(({ operation, path }) => operation === "open" && isNew(path)).length;
    disk.fault = (operation, path) => (operation === "write" && isNew(path) ? errno("ENOSPC") : undefined);
    await journal.append([kept("a", 1)], durable);
    expect(tries()).toBe(1);
    await journal.append([kept("b", "x".repeat(1024 * 1024 - 400))], durable);
    await journal.append([kept("c", 1)], durable);
    expect(tries()).toBe(1);
    await journal.append([kept("d", "x".repeat(400))], durable);
    await journal.append([kept("e", 1)], durable);
    expect(tries()).toBe(2);
    expect(segmentPaths(disk)).toHaveLength(1);
    disk.fault = () => undefined;
    await journal.append([kept("f", "x".repeat(1024 * 1024))], durable);
    await journal.append([kept("g", 1)], durable);
    expect(segmentPaths(disk)).toHaveLength(2);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  });

  it("leaves nothing on a disk that has no room for it", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([large], durable);
    // Room for a few records, and for half of the state.
    disk.capacity = disk.used + compactAfterBytes / 2;
    await journal.append([kept("a", 1)], durable);
    expect([...disk.contents.keys()].filter((path) => path.endsWith(".part"))).toEqual([]);
    await journal.append([kept("b", 1)], durable);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["large", "a", "b"]);
  });

  it("leaves nothing that a later one does not remove", async () => {
    const disk = new Disk();
    await (await openJournal(disk)).close("2025-01-01T00:00:00.000Z");
    disk.put("/state/journal/0000000001-000002.journal.part", new Uint8Array(10));
    disk.put("/state/journal/0000000009.journal.part", new Uint8Array(10));
    disk.put("/state/journal/other.part", new Uint8Array(10));
    await openJournal(disk);
    const left = [...disk.contents.keys()].filter((path) => path.endsWith(".part"));
    expect(left).toEqual(["/state/journal/other.part"]);
  });
});
