import { describe, expect, it } from "vitest";
import { sweepLeftovers } from "../../core/transfer/sweep.ts";
import { errno, killAt } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";
import { block, emptyReport, filesIn, makeTransfers, type Transfers } from "./around.ts";

const hour = 3_600_000;
const isJournal = (path: string) => path.startsWith("/state/journal/");
const report = (device: Transfers, batch: string) =>
  device.outbox.acceptReport("apps", batch, emptyReport("apps", batch), false);

/** No byte more fits on the disk, which has no reserve, and the journal has something that it could not write. */
async function fill(device: Transfers): Promise<void> {
  device.disk.capacity = device.disk.used;
  device.journal.note([{ t: "gone", service: "apps" }]);
  await device.clock.settle();
}

/** Lets the uploader work until the answer is called. */
function start(device: Transfers): () => Promise<void> {
  const stop = new AbortController();
  device.uploader.start(stop.signal);
  return async () => {
    stop.abort(new Error("the runtime stops"));
    await device.uploader.settled();
  };
}

describe("an outbox on a disk that takes no record", () => {
  it("makes room by sending what waits, uploads and reports alike", async () => {
    const device = await makeTransfers();
    for (const key of ["a", "b", "c"]) await device.outbox.put("contents", key, "x".repeat(block));
    await report(device, "one");
    await fill(device);
    const stop = start(device);
    await device.clock.advance(hour);
    expect([device.outbox.depth, filesIn(device.disk)]).toEqual([0, []]);
    for (const key of ["a", "b", "c"]) expect(device.text("contents", key)).toBeDefined();
    expect(device.text("status", "apps/results/one.json")).toBe(
      device.text("status", "apps/last_monitoring_status.json"),
    );
    expect([device.told("warn"), device.told("error")]).toEqual([[], []]);
    await stop();
    const next = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    expect(next.outbox.depth).toBe(0);
  });

  it("makes room although nothing but reports waits", async () => {
    const device = await makeTransfers();
    for (const batch of ["one", "two", "three"]) await report(device, batch);
    await fill(device);
    const stop = start(device);
    await device.clock.advance(hour);
    expect([device.outbox.depth, filesIn(device.disk)]).toEqual([0, []]);
    await stop();
  });

  it("sends nothing of which a crash could take the record back, and says what that waits for", async () => {
    const device = await makeTransfers();
    await device.outbox.put("status", "before", "1");
    device.disk.fault = (operation, path) => (operation === "write" && isJournal(path) ? errno("ENOSPC") : undefined);
    await expect(report(device, "one")).rejects.toThrow("ENOSPC");
    await expect(device.outbox.put("contents", "after", "2")).rejects.toMatchObject({ code: "disk-full" });
    const stop = start(device);
    await device.clock.advance(hour);
    // Behind a report that is kept back, in the same store.
    expect([...(device.memories.get("status")?.objects.keys() ?? [])]).toEqual(["before"]);
    expect(device.requests("contents")).toEqual([]);
    const message = "an upload waits for the journal, without which nothing leaves; it is tried again";
    expect(device.told("warn")).toEqual(Array(3).fill(`${message}: ENOSPC: the disk says so`));
    const lost = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    expect(lost.outbox.items().map(({ key }) => key)).toEqual(["before"]);
    device.disk.fault = () => undefined;
    await device.clock.advance(hour);
    expect([device.outbox.depth, device.text("contents", "after")]).toEqual([0, "2"]);
    await stop();
  });

  it("sends nothing of a folder that has another owner by now", async () => {
    const device = await makeTransfers();
    await device.outbox.put("contents", "a", "1");
    await report(device, "one");
    await openJournal(device.disk);
    await fill(device);
    const stop = start(device);
    await device.clock.advance(hour);
    expect([...device.requests("contents"), ...device.requests("status")]).toEqual([]);
    expect(filesIn(device.disk)).toHaveLength(2);
    await stop();
  });

  it("loses nothing when it is cut off at any operation", async () => {
    const make = async () => {
      const device = await makeTransfers();
      await device.outbox.put("contents", "a", "x".repeat(block));
      await report(device, "one");
      await device.outbox.put("status", "b", "y".repeat(block));
      await fill(device);
      return device;
    };
    const live = async (device: Transfers) => {
      const stop = start(device);
      await device.clock.advance(hour);
      await stop();
    };
    const whole = await make();
    const from = whole.disk.log.length;
    await live(whole);
    expect(whole.disk.log.length).toBeGreaterThan(from + 10);
    for (let at = from + 1; at <= whole.disk.log.length; at++) {
      for (const reboot of ["afterKill", "afterPowerCut"] as const) {
        const device = await make();
        device.disk.fault = killAt(at);
        await live(device);
        const next = await makeTransfers({ disk: device.disk[reboot](), memories: device.memories });
        await sweepLeftovers(next.disk, "/state", next.journal);
        await live(next);
        expect([next.outbox.depth, filesIn(next.disk)]).toEqual([0, []]);
        expect(next.text("contents", "a")).toHaveLength(block);
        expect(next.text("status", "b")).toHaveLength(block);
        for (const key of ["apps/results/one.json", "apps/last_monitoring_status.json"])
          expect(JSON.parse(next.text("status", key) ?? "")).toMatchObject({ batch: "one" });
      }
    }
  });
});
