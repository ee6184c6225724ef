import { describe, expect, it } from "vitest";
import { describeDamages, lookAtJournal } from "../../core/journal/look.ts";
import { encodeRecord } from "../../core/journal/segment.ts";
import { journalFormat, snapshotOf } from "../../core/journal/snapshot.ts";
import { compactAfterBytes } from "../../core/journal/writer.ts";
import { Disk } from "./disk.ts";
import { bootAt, openJournal, segmentPaths } from "./open.ts";
import { addUp, kept } from "./records.ts";

const folder = "/state/journal";
const durable = { durable: true };

describe("a look at a journal", () => {
  it("has what its owner has, and changes nothing", async () => {
    const disk = new Disk();
    await (await openJournal(disk)).close(bootAt);
    const journal = await openJournal(disk);
    await journal.append([kept("a", 1), kept("b", 1)], durable);
    const before = new Map(disk.contents);
    const look = await lookAtJournal(disk, folder);
    expect(look).toMatchObject({ n: 5, epoch: 2, damages: [] });
    expect(look?.state).toEqual(journal.state);
    const names = segmentPaths(disk).map((path) => path.slice(folder.length + 1));
    expect(look?.segments).toEqual(
      names.map((name) => ({ name, bytes: disk.contents.get(`${folder}/${name}`)?.byteLength })),
    );
    expect(disk.contents).toEqual(before);
    await journal.append([kept("c", 1)], durable);
  });

  it("finds none where there is none", async () => {
    expect(await lookAtJournal(new Disk(), folder)).toBeUndefined();
  });

  it("is begun anew when the owner replaces its segments meanwhile", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const replaced = async () => {
      for (let count = 0; count < 2; count++) {
        await journal.append([kept("large", "x".repeat(compactAfterBytes + 1))], durable);
        await journal.append([kept("a", count)], durable);
      }
    };
    let isFirst = true;
    const list = disk.list.bind(disk);
    disk.list = async (path) => {
      const names = await list(path);
      if (isFirst) {
        isFirst = false;
        await replaced();
      }
      return names;
    };
    const look = await lookAtJournal(disk, folder);
    expect(look?.damages).toEqual([]);
    expect(look?.state).toEqual(journal.state);
  });

  it("tells damage as the start would", async () => {
    const disk = new Disk();
    disk.put(`${folder}/0000000001-000001.journal`, Buffer.from("not a segment"));
    const look = await lookAtJournal(disk, folder);
    const told: Error[] = [];
    await openJournal(disk, { onDamage: (reason) => told.push(reason) });
    expect(look && describeDamages(folder, look)).toEqual(told);
    expect(told).toHaveLength(1);
  });

  it("refuses a newer format", async () => {
    const disk = new Disk();
    disk.put(
      `${folder}/0000000001-000001.journal`,
      encodeRecord({ ...snapshotOf(addUp([]), 1), format: journalFormat + 1 }),
    );
    await expect(lookAtJournal(disk, folder)).rejects.toMatchObject({ code: "journal-newer" });
  });
});
