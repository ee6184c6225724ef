import { describe, expect, it } from "vitest";
import { Reserve } from "../../core/journal/reserve.ts";
import { encodeRecord } from "../../core/journal/segment.ts";
import { Disk, errno } from "./disk.ts";
import { bootAt, keptNames, openJournal, recordsIn, segmentPaths } from "./open.ts";
import { kept } from "./records.ts";

const durable = { durable: true };
const full = { code: "ENOSPC" };
const filler = "/state/filler";
const bytes = 4096;

/** A journal on a disk that has no room but `left` bytes beside the reserve, if that is held. */
async function fill(left: number, hasReserve = true) {
  const disk = new Disk();
  const reserve = new Reserve(disk, "/state", bytes);
  const journal = await openJournal(disk, { reserve });
  if (hasReserve) await reserve.hold();
  disk.capacity = disk.used + left;
  return { disk, reserve, journal };
}

/** Numbers and names in the newest segment behind its head. */
const lying = (disk: Disk) =>
  recordsIn(disk, segmentPaths(disk).at(-1) ?? "")
    .slice(1)
    .map(({ n, name }) => `${n} ${name}`);

describe("a full disk", () => {
  it("takes a record on the reserve's account, in the same file, once", async () => {
    const { disk, reserve, journal } = await fill(10);
    await journal.append([kept("a", 1)], durable);
    expect(reserve.isHeld).toBe(false);
    expect(disk.contents.has("/state/reserve")).toBe(false);
    expect(segmentPaths(disk)).toHaveLength(1);
    expect(lying(disk)).toEqual(["2 a"]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a"]);
    disk.capacity = disk.used;
    await expect(journal.append([kept("b", 1)], durable)).rejects.toMatchObject(full);
    await expect(journal.append([kept("c", 1)], durable)).rejects.toMatchObject(full);
  });

  it("that has room again gets what it did not take, at its place, and nothing twice", async () => {
    const { disk, journal } = await fill(30, false);
    await journal.append([kept("a", 1)], durable).catch(() => undefined);
    const failed = [journal.append([kept("b", 1)], durable), journal.append([kept("c", 1)], { durable: false })];
    for (const one of failed) await expect(one).rejects.toMatchObject(full);
    journal.note([kept("d", 1)]);
    await expect(journal.flush()).rejects.toMatchObject(full);
    disk.capacity = undefined;
    await journal.append([kept("e", 1)], durable);
    expect(segmentPaths(disk)).toHaveLength(1);
    expect(lying(disk)).toEqual(["2 a", "3 b", "4 c", "5 d", "6 e"]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("gets also what was appended while its write failed", async () => {
    const { disk, journal } = await fill(30, false);
    let later: Promise<unknown> | undefined;
    disk.fault = (operation) => {
      if (operation === "write") later ??= journal.append([kept("later", 1)], durable);
      return undefined;
    };
    await expect(journal.append([kept("a", 1)], durable)).rejects.toMatchObject(full);
    await expect(later).rejects.toMatchObject(full);
    disk.capacity = undefined;
    await journal.flush();
    expect(lying(disk)).toEqual(["2 a", "3 later"]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "later"]);
  });

  it("of a quota is one too", async () => {
    const { disk, reserve, journal } = await fill(10_000);
    disk.fault = (operation) => (operation === "write" && reserve.isHeld ? errno("EDQUOT") : undefined);
    await journal.append([kept("a", 1)], durable);
    expect(reserve.isHeld).toBe(false);
    expect(lying(disk)).toEqual(["2 a"]);
  });

  it.each(["afterKill", "afterPowerCut"] as const)("leaves a prefix after %s while it owes records", async (cut) => {
    for (let left = 0; left < 220; left += 7) {
      const { disk, journal } = await fill(left, false);
      const promised: string[] = [];
      for (const name of ["a", "b", "c"]) {
        await journal.append([kept(name, 1)], durable).then(
          () => promised.push(name),
          () => undefined,
        );
      }
      const found = keptNames(await openJournal(disk[cut]()));
      expect(found).toEqual(["a", "b", "c"].slice(0, found.length));
      expect(found.length).toBeGreaterThanOrEqual(promised.length);
    }
  });

  it("keeps its reserve when a write fails for another reason", async () => {
    const { disk, reserve, journal } = await fill(10_000);
    disk.fault = (operation) => (operation === "write" ? errno("EIO") : undefined);
    await expect(journal.append([kept("a", 1)], durable)).rejects.toMatchObject({ code: "EIO" });
    expect(reserve.isHeld).toBe(true);
  });

  it("does not keep the runtime from its stop, which counts as a death when it could not be written", async () => {
    const { disk, journal } = await fill(10, false);
    await journal.close(bootAt);
    expect(disk.handles).toBe(0);
    disk.capacity = undefined;
    expect((await openJournal(disk.afterKill())).state.isRunning).toBe(true);
  });
});

describe("what a full disk did not take", () => {
  const bound = 1024 * 1024;
  /** A record that is so many bytes long as the first of a journal. */
  const recordOf = (size: number) => {
    const empty = encodeRecord({ n: 2, s: 1, ...kept("large", "") }).byteLength;
    return kept("large", "x".repeat(size - empty));
  };

  it.each([
    ["up to 1 MiB is written at its place", bound, 1],
    ["beyond 1 MiB is in the next segment", bound + 1, 2],
  ])("%s", async (_, size, segments) => {
    const { disk, journal } = await fill(bound / 2, false);
    await expect(journal.append([recordOf(size)], durable)).rejects.toMatchObject(full);
    disk.capacity = undefined;
    await journal.append([kept("after", 1)], durable);
    expect(segmentPaths(disk)).toHaveLength(segments);
    expect(lying(disk)).toEqual(segments === 1 ? ["2 large", "3 after"] : []);
    const next = await openJournal(disk.afterPowerCut());
    expect(keptNames(next)).toEqual(["large", "after"]);
    expect(next.state).toEqual({ ...journal.state, boots: 2 });
  });

  it("is bounded when it is added to, and nothing of it is lost then", async () => {
    const { disk, journal } = await fill(100, false);
    for (let count = 0; count < 5; count++) {
      const append = journal.append([kept(`${count}`, "x".repeat(bound / 4))], durable);
      await expect(append).rejects.toMatchObject(full);
    }
    disk.capacity = undefined;
    await journal.flush();
    expect(segmentPaths(disk)).toHaveLength(2);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["0", "1", "2", "3", "4"]);
  });
});

describe("a start on a full disk", () => {
  it("takes the reserve for its segment", async () => {
    const { disk, journal } = await fill(0);
    await journal.append([kept("a", 1)], durable);
    const next = disk.afterPowerCut();
    next.put("/state/reserve", new Uint8Array(bytes));
    next.capacity = next.used;
    expect(keptNames(await openJournal(next))).toEqual(["a"]);
    expect(next.contents.has("/state/reserve")).toBe(false);
  });

  it("fails without one and changes nothing of what is known", async () => {
    const { disk, journal } = await fill(1000, false);
    await journal.append([kept("a", 1)], durable);
    disk.put(filler, new Uint8Array(1));
    disk.capacity = disk.used;
    for (let start = 0; start < 3; start++) await expect(openJournal(disk)).rejects.toMatchObject(full);
    disk.capacity = undefined;
    expect(keptNames(await openJournal(disk))).toEqual(["a"]);
  });
});
