import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalRecord } from "../../core/journal/records.ts";
import { Disk, errno } from "./disk.ts";
import { bootAt, keptNames, openJournal, recordsIn, segmentPaths } from "./open.ts";
import { addUp, anyRecord, boot, item, kept, received } from "./records.ts";

const durable = { durable: true };
const stopped: JournalRecord = { t: "stopped", at: bootAt };
const history = [received("apps", "one"), kept("a", 1), kept("b", "é"), kept("a", 2)];

describe("the journal", () => {
  it("has after a restart what it had before", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append(history, durable);
    await journal.append([{ t: "queued", items: [item("x")] }], { durable: false });
    await journal.close(bootAt);
    expect(disk.handles).toBe(0);
    const records = [boot, ...history, { t: "queued", items: [item("x")] } as const, stopped];
    expect(journal.state).toEqual(addUp(records));
    const next = await openJournal(disk.afterKill(), { boot: "second" });
    expect(next.state).toEqual(addUp([...records, { t: "boot", id: "second", at: bootAt }]));
  });

  it("has what any records add up to, through any number of restarts", async () => {
    const lives = fc.array(fc.array(anyRecord, { maxLength: 12 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lives, async (runs) => {
        let disk = new Disk();
        for (const [index, run] of runs.entries()) {
          const journal = await openJournal(disk);
          const before = runs.slice(0, index).flatMap((records) => [boot, ...records]);
          expect(journal.state).toEqual(addUp([...before, boot]));
          await Promise.all(run.map((record, at) => journal.append([record], { durable: at % 2 === 0 })));
          disk = disk.afterKill();
        }
        const all = runs.flatMap((records) => [boot, ...records]);
        expect((await openJournal(disk)).state).toEqual(addUp([...all, boot]));
      }),
      { numRuns: 40 },
    );
  });

  it("refuses a record that is no JSON, and takes the next one", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const wrong = { t: "kept", owner: "a", name: "b", value: 1n } as unknown as JournalRecord; // only JavaScript can do this
    await expect(journal.append([kept("before", 1), wrong], durable)).rejects.toThrow(TypeError);
    await journal.append([kept("a", 1)], durable);
    expect(journal.state).toEqual(addUp([boot, kept("a", 1)]));
    expect((await openJournal(disk.afterKill())).state).toEqual(addUp([boot, kept("a", 1), boot]));
  });

  it("has a higher epoch at every start", async () => {
    const disk = new Disk();
    const epochs: number[] = [];
    for (let start = 0; start < 3; start++) epochs.push((await openJournal(disk)).epoch);
    expect(epochs).toEqual([1, 2, 3]);
  });

  it("keeps the newest segment and the one before it", async () => {
    const disk = new Disk();
    const newest: string[] = [];
    for (let start = 1; start <= 4; start++) {
      const journal = await openJournal(disk);
      await journal.close(bootAt);
      newest.push(`/state/journal/000000000${start}-000001.journal`);
      expect(segmentPaths(disk)).toEqual(newest.slice(-2));
    }
  });
});

describe("a flush", () => {
  it("makes durable what was only written", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([kept("written", 1)], { durable: false });
    journal.note([kept("noted", 1)]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual([]);
    await journal.flush();
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["written", "noted"]);
  });

  it("makes durable also what was written while an earlier record was on its way", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    let later: Promise<unknown> | undefined;
    disk.fault = (operation) => {
      if (operation === "sync") later ??= journal.append([kept("later", 1)], { durable: false });
      return undefined;
    };
    await journal.append([kept("a", 1)], durable);
    await later;
    await journal.flush();
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "later"]);
  });

  it("asks nothing of the disk when all is durable", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.flush();
    await journal.append([kept("a", 1)], durable);
    const before = disk.log.length;
    await journal.flush();
    expect(disk.log.length).toBe(before);
  });

  it("waits for a durable append that is under way", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const order: string[] = [];
    const append = journal.append([kept("a", 1)], durable).then(() => order.push("append"));
    const flush = journal.flush().then(() => order.push("flush"));
    await Promise.all([append, flush]);
    expect(order).toEqual(["append", "flush"]);
    expect(disk.count("sync")).toBe(2);
  });

  it.each(["EIO", "ENOSPC"])("makes up for a noted record whose write failed with %s", async (code) => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    disk.fault = (operation) => (operation === "write" ? errno(code) : undefined);
    journal.note([kept("noted", 1)]);
    await expect(journal.flush()).rejects.toMatchObject({ code });
    disk.fault = () => undefined;
    await journal.flush();
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["noted"]);
  });
});

describe("the end", () => {
  it("writes that the runtime was stopped, so that the next start finds no death", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([received("apps", "one")], durable);
    await journal.close("2025-02-03T04:05:06.000Z");
    const next = disk.afterPowerCut();
    const { state } = await openJournal(next);
    expect(state.services.get("apps")?.open?.deaths).toBe(0);
    expect(state.clockFloor).toBe(Date.parse("2025-02-03T04:05:06.000Z"));
    const killed = await openJournal(next);
    expect(killed.state.services.get("apps")?.open?.deaths).toBe(1);
  });

  it("writes what waits, and refuses what comes later: the folder may have another owner by then", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const last = journal.append([kept("a", 1)], { durable: false });
    await journal.close(bootAt);
    await last;
    await expect(journal.append([kept("b", 1)], durable)).rejects.toThrow("the journal is closed");
    await expect(journal.flush()).rejects.toThrow("the journal is closed");
    expect(keptNames(journal)).toEqual(["a"]);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a"]);
    await journal.close(bootAt);
    expect(disk.handles).toBe(0);
  });

  it("has nothing behind it: a record there would be of a life whose death nobody counts", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const closing = journal.close(bootAt);
    let late: Promise<unknown> = Promise.resolve();
    disk.fault = (operation) => {
      if (operation === "sync") late = journal.append([kept("late", 1)], durable).catch(() => undefined);
      return undefined;
    };
    await closing;
    await late;
    expect(recordsIn(disk, segmentPaths(disk).at(-1) ?? "").map(({ t }) => t)).toEqual(["segment", "stopped"]);
  });

  it("comes although the disk takes nothing any more", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([received("apps", "one")], durable);
    disk.fault = (operation) => (operation === "write" || operation === "open" ? errno("EIO") : undefined);
    await journal.close(bootAt);
    expect(disk.handles).toBe(0);
    disk.fault = () => undefined;
    expect((await openJournal(disk.afterKill())).state.services.get("apps")?.open?.deaths).toBe(1);
  });
});
