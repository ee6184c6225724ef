import { beforeEach, describe, expect, it } from "vitest";
import type { Disk } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";
import { commands, type Effects, fresh, linesOf, live, receivedAt, take } from "./batch.ts";

const path = "/state/incoming/apps.json";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

const wellFormed = Buffer.from(JSON.stringify(commands("once('b')")));

describe("the staged bytes of a batch", () => {
  it.each([
    ["were changed", (disk: Disk) => disk.put(path, wellFormed)],
    ["were cut", (disk: Disk) => disk.put(path, Buffer.alloc(0))],
    [
      "have one more byte, a space",
      (disk: Disk) => disk.put(path, Buffer.from(`${JSON.stringify(commands("once('a')"))} `)),
    ],
    ["are gone", (disk: Disk) => disk.remove(path)],
  ])("are not run when they %s", async (_, harm) => {
    const disk = await take(commands("once('a')"));
    await harm(disk);
    const device = await live(disk, world);
    expect(await device.run()).toBe("done");
    expect([world.effects, linesOf(device.reports[0])]).toEqual([[], []]);
    expect(device.reports[0]).toMatchObject({
      general_status: "error",
      general_error: "the document of this batch cannot be read in the state folder any more (apps.json)",
      error: { code: "document-lost" },
    });
    expect(device.journal.state.services.get("apps")?.open).toBeUndefined();
  });

  it("are believed where the journal has no digest of them, as the first format had none", async () => {
    const disk = await take([], { services: [] });
    const journal = await openJournal(disk);
    disk.put(path, wellFormed);
    const document = { etag: '"1"', version: "1" };
    await journal.append(
      [{ t: "received", service: "apps", batch: "old", at: receivedAt, document, file: "apps.json" }],
      { durable: true },
    );
    const device = await live(disk.afterPowerCut(), world);
    await device.run();
    expect(world.effects).toEqual(["once b"]);
  });

  it("that are lost in the middle let nothing run again, and what had ended keeps its result", async () => {
    const disk = await take(commands("once('a')", "once('b')"));
    const stop = new AbortController();
    world.middle = () => stop.abort();
    const first = await live(disk, world);
    await first.run(stop.signal);
    await first.journal.flush();
    const left = disk.afterPowerCut();
    await left.remove(path);
    const device = await live(left, world);
    await device.run();
    expect(world.effects).toEqual(["once a"]);
    expect(device.reports[0]).toMatchObject({ general_status: "error", error: { code: "document-lost" } });
    expect(device.reports[0]?.commands).toMatchObject([{ command: "", status: "ok", attempts: 1 }]);
  });

  it("that are lost after a crash in the middle leave no entry without its one result", async () => {
    const disk = await take(commands("once('a')"));
    const journal = await openJournal(disk);
    const batch = {
      t: "received",
      service: "apps",
      batch: "two",
      at: receivedAt,
      file: "two.json",
      entries: 2,
    } as const;
    const begun = { t: "begun", service: "apps", entry: 0, attempt: 1, effect: "once", at: receivedAt } as const;
    await journal.append([{ ...batch, document: { etag: '"2"', version: "2" } }, begun], { durable: true });
    const device = await live(disk.afterPowerCut(), world);
    await device.run();
    expect(device.reports[0]?.commands.map(({ error }) => error?.code)).toEqual(["interrupted", "document-lost"]);
  });
});
