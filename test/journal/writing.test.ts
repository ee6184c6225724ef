import { describe, expect, it } from "vitest";
import { compactAfterBytes, Journal } from "../../core/journal/journal.ts";
import { Disk, killAt } from "./disk.ts";
import { kept } from "./records.ts";

const folder = "/state/journal";
const durable = { durable: true };
const open = (disk: Disk) =>
  Journal.open(disk, folder, (reason) => {
    throw reason;
  });
const names = (journal: Journal) => [...(journal.state.kept.get("scheduler")?.keys() ?? [])];

describe("an append", () => {
  it("resolves also when the one before it has just resolved", async () => {
    const journal = await open(new Disk());
    const append = (name: string) => journal.append([kept(name, 1)], durable);
    await append("a");
    await append("b");
    await append("c").then(() => append("d"));
    expect(names(journal)).toEqual(["a", "b", "c", "d"]);
  });

  it("survives a power cut when it was durable, and a kill in any case", async () => {
    const disk = new Disk();
    const journal = await open(disk);
    await journal.append([kept("durable", 1)], durable);
    await journal.append([kept("written", 1)], { durable: false });
    expect(names(await open(disk.afterPowerCut()))).toEqual(["durable"]);
    expect(names(await open(disk.afterKill()))).toEqual(["durable", "written"]);
  });

  it("does not wait for the disk when it need not be durable", async () => {
    const disk = new Disk();
    const journal = await open(disk);
    const before = disk.count("sync");
    for (let count = 0; count < 10; count++) await journal.append([kept("a", count)], { durable: false });
    expect(disk.count("sync")).toBe(before);
  });

  it("shares one fsync with all that wait at the same time", async () => {
    const disk = new Disk();
    const journal = await open(disk);
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
    expect(names(await open(disk.afterPowerCut()))).toEqual(names(journal));
  });

  it("is refused when the journal is closed: the folder may have another owner by then", async () => {
    const disk = new Disk();
    const journal = await open(disk);
    const last = journal.append([kept("a", 1)], { durable: false });
    await journal.close();
    await last;
    await expect(journal.append([kept("b", 1)], durable)).rejects.toThrow("the journal is closed");
    expect(names(journal)).toEqual(["a"]);
    expect(names(await open(disk.afterPowerCut()))).toEqual(["a"]);
    expect(disk.handles).toBe(0);
  });

  it.each(["write", "sync"] as const)(
    "rejects when the %s fails, and the next one begins a new segment with everything",
    async (failing) => {
      const disk = new Disk();
      const journal = await open(disk);
      await journal.append([kept("a", 1)], durable);
      disk.fault = (operation) => (operation === failing ? new Error("EIO: input/output error") : undefined);
      await expect(journal.append([kept("b", 1)], durable)).rejects.toThrow("EIO");
      disk.fault = () => undefined;
      const from = disk.log.length;
      await journal.append([kept("c", 1)], durable);
      const touched = disk.log.slice(from).filter(({ operation }) => operation === "write" || operation === "sync");
      expect(touched.map(({ path }) => path)).toEqual(touched.map(() => `${folder}/0000000002.journal.part`));
      expect(names(await open(disk.afterPowerCut()))).toEqual(["a", "b", "c"]);
    },
  );

  it("keeps rejecting while the disk is broken, and loses nothing when it works again", async () => {
    const disk = new Disk();
    const journal = await open(disk);
    disk.fault = (operation) => (operation === "write" || operation === "open" ? new Error("ENOSPC") : undefined);
    for (const name of ["a", "b", "c"])
      await expect(journal.append([kept(name, 1)], durable)).rejects.toThrow("ENOSPC");
    disk.fault = () => undefined;
    await journal.append([kept("d", 1)], durable);
    expect(names(await open(disk.afterPowerCut()))).toEqual(["a", "b", "c", "d"]);
  });

  it("does not fail because an old segment cannot be removed", async () => {
    const disk = new Disk();
    const journal = await open(disk);
    disk.fault = (operation, path) =>
      operation === "remove" && !path.endsWith(".part") ? new Error("EBUSY") : undefined;
    const large = "x".repeat(compactAfterBytes + 1);
    await journal.append([kept("large", large)], durable);
    await journal.append([kept("a", 1)], durable);
    await journal.append([kept("b", 1)], durable);
    expect(disk.contents.size).toBe(2);
    expect(names(await open(disk.afterPowerCut()))).toEqual(["large", "a", "b"]);
  });
});

describe("a kill", () => {
  /** A short life in which one fsync fails, so that it has every kind of operation twice. Answers what was promised. */
  const live = async (disk: Disk, killed: number): Promise<string[]> => {
    const promised: string[] = [];
    let syncs = 0;
    const kill = killAt(killed);
    disk.fault = (operation, path, count) =>
      kill(operation, path, count) ?? (operation === "sync" && ++syncs === 4 ? new Error("EIO") : undefined);
    const journal = await open(disk).catch(() => undefined);
    for (const name of ["a", "b", "c", "d"]) {
      await journal?.append([kept(name, 1)], durable).then(
        () => promised.push(name),
        () => undefined,
      );
    }
    return promised;
  };

  it.each(["afterKill", "afterPowerCut"] as const)("at any operation keeps every promise (%s)", async (cut) => {
    const whole = new Disk();
    expect(await live(whole, Number.POSITIVE_INFINITY)).toEqual(["a", "b", "d"]);
    expect(names(await open(whole[cut]()))).toEqual(["a", "b", "c", "d"]);
    const counts = new Set<number>();
    for (let at = 1; at <= whole.log.length; at++) {
      const disk = new Disk();
      const promised = await live(disk, at);
      const found = names(await open(disk[cut]()));
      expect(found).toEqual(["a", "b", "c", "d"].slice(0, found.length));
      expect(found).toEqual(expect.arrayContaining(promised));
      counts.add(promised.length);
    }
    expect([...counts]).toEqual([0, 1, 2, 3]);
  });

  it.each(["afterKill", "afterPowerCut"] as const)("in the start after a kill keeps them too (%s)", async (cut) => {
    const disk = new Disk();
    await live(disk, Number.POSITIVE_INFINITY);
    const start = disk[cut]();
    await open(start);
    for (let at = 1; at <= start.log.length; at++) {
      const next = disk[cut]();
      next.fault = killAt(at);
      await open(next).catch(() => undefined);
      expect(names(await open(next[cut]()))).toEqual(["a", "b", "c", "d"]);
    }
  });
});
