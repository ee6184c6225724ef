import { beforeEach, describe, expect, it } from "vitest";
import { believedAfterMs } from "../../core/command/trust.ts";
import { commands, type Effects, fresh, linesOf, live, receivedAt, take } from "./batch.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const floor = Date.parse(receivedAt);
const iso = (time: number) => new Date(time).toISOString();

let world: Effects;
beforeEach(() => {
  world = fresh();
});

/** A device that has seen the floor, and whose clock now shows this. */
const wake = async (now: number, document: unknown = []) => live(await take(document), world, { now });

describe("a clock", () => {
  it("is believed until it is more than a minute behind what was ever seen", async () => {
    for (const [now, isTrusted] of [
      [floor + 10 * 365 * day, true],
      [floor, true],
      [floor - minute, true],
      [floor - minute - 1, false],
      [0, false],
    ] as const) {
      // Everything that a start itself notes of the time is in the past of this floor.
      const device = await wake(now);
      await device.journal.append([{ t: "clock", at: iso(floor), lower: true }], { durable: true });
      expect([now, device.trust.isTrusted]).toEqual([now, isTrusted]);
    }
  });

  it("that was set right is believed at once", async () => {
    const device = await wake(0);
    expect(device.trust.isTrusted).toBe(false);
    device.clock.setWallClock(floor + minute);
    expect(device.trust.isTrusted).toBe(true);
  });

  it("that is behind is believed when it has run on evenly for a day", async () => {
    const device = await wake(floor - 365 * day);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(believedAfterMs - 1);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(1);
    expect([believedAfterMs, device.trust.isTrusted]).toEqual([day, true]);
    expect(device.journal.state.clockFloor).toBe(floor - 364 * day);
    await device.clock.advance(1);
    expect(device.trust.isTrusted).toBe(true);
    await device.journal.close(iso(device.clock.now()));
    const next = await live(device.disk.afterPowerCut(), world, { now: floor - 364 * day });
    // Every start of these tests notes one time, which is the floor again.
    expect(next.journal.state.clockFloor).toBe(floor);
  });

  it("that is set meanwhile has to run evenly anew; one that is a minute off has not been set", async () => {
    const device = await wake(floor - 365 * day);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(23 * hour);
    device.clock.setWallClock(device.clock.now() + minute);
    expect(device.trust.isTrusted).toBe(false);
    device.clock.setWallClock(device.clock.now() + 1);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(day - 1);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(1);
    expect(device.trust.isTrusted).toBe(true);
  });

  it("that drifts within the tolerance has not been set", async () => {
    const device = await wake(floor - 365 * day);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(day - 1);
    device.clock.setWallClock(device.clock.now() + minute);
    expect(device.trust.isTrusted).toBe(false);
    await device.clock.advance(1);
    expect(device.trust.isTrusted).toBe(true);
  });

  it("is remembered while it is believed, and only then", async () => {
    const device = await wake(floor + hour);
    device.trust.note();
    expect(device.journal.state.clockFloor).toBe(floor + hour);
    device.clock.setWallClock(0);
    device.trust.note();
    expect(device.journal.state.clockFloor).toBe(floor + hour);
  });

  it("that jumped years ahead and back loses nothing but the time until it is believed", async () => {
    const device = await wake(floor + 50 * 365 * day, {
      expires: iso(floor + 2 * day),
      commands: commands("once('a')"),
    });
    device.trust.note();
    device.clock.setWallClock(floor);
    expect(await device.run()).toBe("waiting");
    await device.clock.advance(day);
    expect(await device.run()).toBe("done");
    expect(linesOf(device.reports[0])).toEqual(['ok {"effect":"once","attempt":1}']);
  });
});

describe("a document that expires", () => {
  const document = { expires: iso(floor + day), commands: commands("once('a')") };

  it("waits for a clock that can be believed, and runs when that says that there is time", async () => {
    const device = await wake(0, document);
    for (let time = 0; time < 3; time++) expect(await device.run()).toBe("waiting");
    expect([world.effects, device.reports, device.events]).toEqual([[], [], []]);
    device.clock.setWallClock(floor + day - 1);
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual(["once a"]);
  });

  it("is told as expired when that says so, at the very millisecond", async () => {
    const device = await wake(0, document);
    expect(await device.run()).toBe("waiting");
    device.clock.setWallClock(floor + day);
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual([]);
    expect(device.reports[0]).toMatchObject({ general_status: "error", error: { code: "document-expired" } });
  });

  it("still waits after a restart", async () => {
    const first = await wake(0, document);
    await first.run();
    const next = await live(first.disk.afterKill(), world, { now: hour });
    expect(await next.run()).toBe("waiting");
    expect(next.journal.state.services.get("apps")?.open?.entries.size).toBe(0);
  });

  it("goes on whatever the clock says once something of it was begun", async () => {
    const stop = new AbortController();
    const disk = await take({ ...document, commands: commands("once('a')", "once('b')") });
    world.middle = () => stop.abort();
    expect(await (await live(disk, world, { now: floor })).run(stop.signal)).toBe("stopped");
    for (const now of [0, floor + 365 * day]) {
      const effects: string[] = [];
      const device = await live(disk.afterKill(), { effects, middle: () => undefined }, { now });
      expect(await device.run()).toBe("done");
      expect(effects).toEqual(["once b"]);
    }
  });

  it("keeps one without such a time from nothing: that runs with any clock", async () => {
    const device = await wake(0, commands("once('a')"));
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual(["once a"]);
  });
});
