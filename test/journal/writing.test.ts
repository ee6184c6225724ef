import { describe, expect, it } from "vitest";
import { compactAfterBytes } from "../../core/journal/writer.ts";
import { Disk, errno } from "./disk.ts";
import { bootAt, keptNames, openJournal, segmentPaths } from "./open.ts";
import { kept } from "./records.ts";

const folder = "/state/journal";
const durable = { durable: true };

describe("an append", () => {
  it("resolves also when the one before it has just resolved", async () => {
    const journal = await openJournal(new Disk());
    const append = (name: string) => journal.append([kept(name, 1)], durable);
    await append("a");
    await append("b");
    await append("c").then(() => append("d"));
    expect(keptNames(journal)).toEqual(["a", "b", "c", "d"]);
  });

  it("survives a power cut when it was durable, and a kill in any case", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([kept("durable", 1)], durable);
    await journal.append([kept("written", 1)], { durable: false });
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["durable"]);
    expect(keptNames(await openJournal(disk.afterKill()))).toEqual(["durable", "written"]);
  });

  it("does not wait for the disk when it need not be durable", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const before = disk.count("sync");
    for (let count = 0; count < 10; count++) await journal.append([kept("a", count)], { durable: false });
    expect(disk.count("sync")).toBe(before);
  });

  it("shares one fsync with all that wait at the same time", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const before = disk.count("sync");
    await Promise.all(Array.from({ length: 100 }, (_, count) => journal.append([kept(`${count}`, count)], durable)));
    expect(disk.count("sync") - before).toBe(1);
    // The first of a wave goes alone when it came alone; the rest of the wave shares the next one.
    const first = journal.append([kept("first", 1)], durable);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([
      first,
      ...Array.from({ length: 50 }, (_, count) => journal.append([kept(`${count}`, 0)], durable)),
    ]);
    expect(disk.count("sync") - before).toBeLessThanOrEqual(3);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(keptNames(journal));
  });

  it.each(["write", "sync"] as const)(
    "rejects when the %s fails, and the next one begins a new segment with everything",
    async (failing) => {
      const disk = new Disk();
      const journal = await openJournal(disk);
      await journal.append([kept("a", 1)], durable);
      disk.fault = (operation) => (operation === failing ? errno("EIO") : undefined);
      await expect(journal.append([kept("b", 1)], durable)).rejects.toThrow("EIO");
      disk.fault = () => undefined;
      const from = disk.log.length;
      await journal.append([kept("c", 1)], durable);
      const touched = disk.log.slice(from).filter(({ operation }) => operation === "write" || operation === "sync");
      expect(touched.map(({ path }) => path)).toEqual(touched.map(() => `${folder}/0000000001-000002.journal.part`));
      expect(touched.map(({ operation }) => operation)).toEqual(["write", "sync"]);
      expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b", "c"]);
    },
  );

  it.each(["EIO", "ENOSPC", "EDQUOT"])("never touches a file again whose fsync failed with %s", async (code) => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const [path = ""] = segmentPaths(disk);
    disk.fault = (operation, at) =>
      operation === "sync" && at.endsWith("000001.journal.part") ? errno(code) : undefined;
    await expect(journal.append([kept("a", 1)], durable)).rejects.toMatchObject({ code });
    const before = Buffer.from(disk.contents.get(path) ?? []);
    await journal.append([kept("b", 1)], durable);
    await journal.append([kept("c", 1)], { durable: false });
    await journal.flush();
    expect(disk.contents.get(path)).toEqual(before);
    expect(segmentPaths(disk)).toEqual([path, `${folder}/0000000001-000002.journal`]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b", "c"]);
  });

  it("keeps rejecting while the disk is broken, and loses nothing when it works again", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    disk.fault = (operation) => (operation === "write" || operation === "open" ? errno("EIO") : undefined);
    for (const name of ["a", "b", "c"]) await expect(journal.append([kept(name, 1)], durable)).rejects.toThrow("EIO");
    disk.fault = () => undefined;
    await journal.append([kept("d", 1)], durable);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b", "c", "d"]);
    await journal.close(bootAt);
    expect(disk.handles).toBe(0);
  });

  it("takes with it what was noted in the same moment, and makes up for what failed before", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    disk.fault = (operation) => (operation === "write" ? errno("EIO") : undefined);
    journal.note([kept("failed", 1)]);
    await new Promise((resolve) => setImmediate(resolve));
    disk.fault = () => undefined;
    journal.note([kept("noted", 1)]);
    await journal.append([kept("a", 1)], durable);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["failed", "noted", "a"]);
  });

  it("does not fail because an old segment cannot be removed", async () => {
    const disk = new Disk();
    await (await openJournal(disk)).close(bootAt);
    const journal = await openJournal(disk);
    disk.fault = (operation, path) => (operation === "remove" && !path.endsWith(".part") ? errno("EBUSY") : undefined);
    await journal.append([kept("large", "x".repeat(compactAfterBytes + 1))], durable);
    await journal.append([kept("a", 1)], durable);
    await journal.append([kept("b", 1)], durable);
    expect(segmentPaths(disk)).toHaveLength(3);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["large", "a", "b"]);
  });
});
