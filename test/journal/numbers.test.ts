import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord } from "../../core/journal/segment.ts";
import { snapshotOf } from "../../core/journal/snapshot.ts";
import { compactAfterBytes } from "../../core/journal/writer.ts";
import { Disk, errno } from "./disk.ts";
import { bootAt, keptNames, type Lying, openJournal, recordsIn, segmentPaths } from "./open.ts";
import { addUp, kept, offsetsOf } from "./records.ts";

const durable = { durable: true };
const large = "x".repeat(compactAfterBytes / 2);

/** The records of the newest segment behind its head. */
const newest = (disk: Disk) => recordsIn(disk, segmentPaths(disk).at(-1) ?? "").slice(1);

/** Fails unless the segment goes on from its head without a gap. */
function checkNumbers(records: readonly Lying[]): void {
  const [head, ...rest] = records;
  let last = head?.n ?? Number.NaN;
  for (const { n = Number.NaN } of rest) {
    // What was on its way when the snapshot was taken may stand behind it once more.
    expect(n).toBeLessThanOrEqual(last + 1);
    last = Math.max(last, n);
  }
}

describe("the numbers of records", () => {
  it("go on through restarts, a number for every start and every end", async () => {
    const disk = new Disk();
    const numbers: (number | undefined)[] = [];
    for (let start = 0; start < 3; start++) {
      const journal = await openJournal(disk);
      await journal.append([kept("a", 1), kept("b", 1)], durable);
      await journal.close(bootAt);
      numbers.push(...recordsIn(disk, segmentPaths(disk).at(-1) ?? "").map(({ n }) => n));
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("go on through new segments", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const seen = new Map<string, readonly Lying[]>();
    for (let count = 0; count < 8; count++) {
      await journal.append([kept("large", `${count}${large}`)], durable);
      const path = segmentPaths(disk).at(-1) ?? "";
      seen.set(path, recordsIn(disk, path));
    }
    expect(seen.size).toBeGreaterThan(2);
    for (const records of seen.values()) checkNumbers(records);
    expect([...seen.values()].at(-1)?.at(-1)?.n).toBe(9);
  });

  it("have no gap wherever writes fail, and whatever is appended meanwhile", async () => {
    const failing = fc.record({
      at: fc.nat({ max: 40 }),
      operation: fc.constantFrom("write" as const, "sync" as const, "open" as const, "rename" as const),
      code: fc.constantFrom("ENOSPC", "EIO"),
    });
    const waves = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(failing, { maxLength: 6 }), waves, async (failures, sizes) => {
        const disk = new Disk();
        const journal = await openJournal(disk);
        const from = disk.log.length;
        disk.fault = (operation, _, count) => {
          const found = failures.find((one) => one.operation === operation && one.at === count - from);
          return found && errno(found.code);
        };
        const done: Promise<unknown>[] = [];
        let count = 0;
        for (const [size, isDurable] of sizes) {
          const names = Array.from({ length: size }, () => `${count++}`);
          const append = journal.append(
            names.map((name) => kept(name, 1)),
            { durable: isDurable },
          );
          done.push(append.catch(() => undefined));
          if (size === 2) await append.catch(() => undefined);
        }
        await Promise.all(done);
        disk.fault = () => undefined;
        await journal.flush();
        for (const path of segmentPaths(disk)) {
          // A segment that was given up may end in the middle of a record; the newest one may not.
          if (path === segmentPaths(disk).at(-1)) checkNumbers(recordsIn(disk, path));
        }
        // `openJournal` fails when the reading finds a gap.
        const next = await openJournal(disk.afterPowerCut());
        expect(keptNames(next)).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
      }),
      { numRuns: 60 },
    );
  });

  it("count every record once: a start that was cut short has none", async () => {
    const disk = new Disk();
    await (await openJournal(disk)).close(bootAt);
    const before = disk.afterKill();
    before.fault = (operation) => (operation === "write" ? errno("EIO") : undefined);
    await expect(openJournal(before)).rejects.toThrow("EIO");
    before.fault = () => undefined;
    await openJournal(before);
    expect(recordsIn(before, segmentPaths(before).at(-1) ?? "")[0]?.n).toBe(3);
  });

  it("that are missing between two whole records are told", async () => {
    const state = addUp([]);
    const pieces = [snapshotOf(state, 4), { n: 5, ...kept("a", 1) }, { n: 7, ...kept("b", 1) }].map(encodeRecord);
    const disk = new Disk();
    disk.put("/state/journal/0000000001-000001.journal", Buffer.concat(pieces));
    const told: string[] = [];
    const journal = await openJournal(disk, { onDamage: ({ message }) => told.push(message) });
    expect(told).toEqual([expect.stringContaining("records are missing between two others")]);
    expect(told[0]).toContain(`at byte ${offsetsOf(pieces).at(-1)}`);
    expect(keptNames(journal)).toEqual(["a", "b"]);
    expect(journal.state.damages).toBe(1);
    // The start, and that records were lost.
    expect(recordsIn(disk, "/state/journal/0000000002-000001.journal")[0]?.n).toBe(9);
  });

  it("which the snapshot has already are passed over", async () => {
    const state = addUp([kept("a", "new")]);
    const pieces = [snapshotOf(state, 4), { n: 3, ...kept("a", "old") }, { n: 5, ...kept("b", 1) }].map(encodeRecord);
    const disk = new Disk();
    disk.put("/state/journal/0000000001-000001.journal", Buffer.concat(pieces));
    const journal = await openJournal(disk);
    expect(journal.state.kept.get("scheduler")).toEqual(
      new Map<string, unknown>([
        ["a", "new"],
        ["b", 1],
      ]),
    );
  });
});

describe("the mark of what is durable", () => {
  const marks = (disk: Disk) => newest(disk).map(({ s }) => s);

  it("stands on the first record after each fsync, and names the last record before it", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([kept("2", 1), kept("3", 1)], durable);
    await journal.append([kept("4", 1), kept("5", 1)], { durable: false });
    await journal.append([kept("6", 1)], { durable: false });
    await journal.append([kept("7", 1)], durable);
    await journal.append([kept("8", 1)], durable);
    await journal.append([kept("9", 1)], { durable: false });
    expect(newest(disk).map(({ n }) => n)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(marks(disk)).toEqual([1, undefined, 3, undefined, undefined, undefined, 7, 8]);
  });

  it("is not moved by an fsync that failed, and counts from the snapshot of the next segment", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([kept("2", 1)], durable);
    disk.fault = (operation) => (operation === "sync" ? errno("EIO") : undefined);
    await expect(journal.append([kept("3", 1)], durable)).rejects.toThrow("EIO");
    disk.fault = () => undefined;
    await journal.append([kept("4", 1)], durable);
    await journal.append([kept("5", 1)], durable);
    expect(recordsIn(disk, segmentPaths(disk).at(-1) ?? "")).toMatchObject([
      { t: "segment", n: 4 },
      { n: 5, s: 4, name: "5" },
    ]);
  });

  it("is not lost by an append of nothing", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([], { durable: false });
    await journal.append([kept("2", 1)], durable);
    expect(marks(disk)).toEqual([1]);
  });
});
