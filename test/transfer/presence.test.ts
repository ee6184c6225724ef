import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ClockTrust } from "../../core/command/trust.ts";
import type { BootTree } from "../../core/host/lifecycle.ts";
import { Oversight } from "../../core/host/oversight.ts";
import { ServiceSet } from "../../core/host/services.ts";
import { Account } from "../../core/store/account.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";
import { Presence } from "../../core/transfer/presence.ts";
import { serviceOf } from "../command/around.ts";
import { errno } from "../journal/disk.ts";
import { block, emptyReport, makeTransfers, type Transfers } from "./around.ts";

const at = "2025-01-01T00:00:00.000Z";
const boot: BootTree = { stores: [], services: [] };
const heartbeatMs = 300_000;

/** What tells of a device, and the heartbeat that waits. */
function presenceOf(device: Transfers, now = Date.parse(at), stores: BootTree["stores"] = [], everyMs = heartbeatMs) {
  const { configuration, journal, outbox } = device;
  const lines: LogLine[] = [];
  const [clock, services] = [new VirtualClock(now), new ServiceSet()];
  const { plugin, handlers } = serviceOf("lamp", {
    light: { about: "for tests", args: {}, result: z.unknown(), effect: "read" },
  });
  services.put({ name: "lamp", status: "running", plugin, handlers, log: recordLog([]) });
  services.put({ name: "bell", status: "failed", reason: "it is broken" });
  const entries = [{ name: "status", backend: "memory", prefix: "", options: {} }];
  const trust = new ClockTrust(clock, journal);
  const oversight = new Oversight({ clock, log: recordLog(lines) });
  const parts = [services, journal, outbox, clock, recordLog(lines), trust, oversight] as const;
  const presence = new Presence({ ...configuration, stores: entries, heartbeatMs: everyMs }, ...parts);
  const read = async () => {
    const item = outbox.items().find(({ key }) => key === "device/heartbeat.json");
    if (item === undefined) throw new Error("no heartbeat waits");
    return JSON.parse(String(Buffer.from((await outbox.read(item)) ?? [])));
  };
  const stop = new AbortController();
  const start = async () => {
    const running = presence.run("1.2.3", { ...boot, stores }, stop.signal);
    await clock.settle();
    return async () => {
      stop.abort(new Error("the runtime stops"));
      await running;
    };
  };
  return { presence, services, clock, lines, read, start };
}

describe("a heartbeat", () => {
  it("tells how much waits, whether that keeps batches away, and what was dropped", async () => {
    const device = await makeTransfers({ outboxBytes: 3 * block });
    await device.outbox.put("contents", "log", "x".repeat(2 * block), { kind: "log" });
    await device.outbox.put("contents", "data", "x".repeat(2 * block));
    const { start, read, clock } = presenceOf(device);
    const end = await start();
    // Made before it waits itself.
    expect((await read()).outbox).toMatchObject({ bytes: expect.any(Number), is_full: false, dropped: 1 });
    for (const batch of ["one", "two", "three"])
      await device.outbox.acceptReport("apps", batch, emptyReport("apps", batch), false);
    const { depth, size: bytes, dropped } = device.outbox;
    expect(dropped).toBe(2);
    await clock.advance(heartbeatMs);
    expect((await read()).outbox).toEqual({ depth, bytes, is_full: true, dropped });
    await end();
    expect(clock.pending).toBe(0);
  });

  it("tells which life it is of, and that records were lost", async () => {
    const device = await makeTransfers();
    await device.journal.append([{ t: "damaged", at, reason: "a record fails its checksum" }], { durable: true });
    const { start, read } = presenceOf(device);
    const end = await start();
    expect(await read()).toMatchObject({
      device_id: "device-7",
      runtime_version: "1.2.3",
      boot_id: "boot",
      epoch: 1,
      boots: 1,
      time: at,
      plugins: { lamp: "running", bell: "failed: it is broken" },
      journal: { damages: 1, last_damage: { at, reason: "a record fails its checksum" } },
    });
    await end();
  });

  it("tells what each store was asked for since the start", async () => {
    const device = await makeTransfers();
    const [used, unused] = [new Account(), new Account()];
    const store = device.stores.get("status");
    const stores = [
      { store, ms: 1, account: used },
      { store: { ...store, name: "contents" }, ms: 1, account: unused },
    ];
    const { start, read, clock } = presenceOf(device, Date.parse(at), stores);
    const end = await start();
    expect((await read()).stores).toEqual({});
    used.begin("read");
    used.answer();
    used.receiveBytes(7);
    await clock.advance(heartbeatMs);
    const traffic = { requests: { read: 1 }, answered: 1, failed: {}, retries: 0, bytes_up: 0, bytes_down: 7 };
    expect((await read()).stores).toEqual({ status: traffic });
    await end();
  });

  it("tells whether its time can be believed", async () => {
    for (const [now, trusted] of [
      [Date.parse(at), true],
      [0, false],
    ] as const) {
      const { start, read } = presenceOf(await makeTransfers(), now);
      const end = await start();
      expect(await read()).toMatchObject({ time: new Date(now).toISOString(), clock: { trusted, floor: at } });
      await end();
    }
  });

  it("moves the time that was ever seen along, so that the next start knows it", async () => {
    const device = await makeTransfers();
    const { start, clock } = presenceOf(device);
    const end = await start();
    await clock.advance(2 * heartbeatMs);
    await end();
    expect(device.journal.state.clockFloor).toBe(Date.parse(at) + 2 * heartbeatMs);
  });

  it("waits in its newest version alone, however long nobody takes it", async () => {
    const device = await makeTransfers();
    const { start, clock, read } = presenceOf(device);
    const end = await start();
    await clock.advance(10 * heartbeatMs);
    const waiting = device.outbox.items().filter(({ kind }) => kind === "presence");
    expect(waiting.map(({ key }) => key).sort()).toEqual(["device/capabilities.json", "device/heartbeat.json"]);
    expect((await read()).time).toBe(new Date(Date.parse(at) + 10 * heartbeatMs).toISOString());
    await end();
  });

  it("follows a second after a service's state has changed, with all that changed by then", async () => {
    const device = await makeTransfers();
    const { start, clock, read, services } = presenceOf(device);
    const end = await start();
    await clock.advance(60_000);
    const free = services.markStuck("lamp", "light goes on");
    await clock.advance(999);
    expect((await read()).plugins.lamp).toBe("running");
    services.note("bell", "nothing of a failed service changes");
    await clock.advance(1);
    const told = await read();
    expect([told.plugins.lamp, Date.parse(told.time)]).toEqual(["stuck: light goes on", Date.parse(at) + 61_000]);
    free();
    await clock.advance(4999);
    expect((await read()).plugins.lamp).toBe("stuck: light goes on");
    await clock.advance(1);
    expect((await read()).plugins.lamp).toBe("running");
    const known = device.outbox.items().find(({ key }) => key === "device/capabilities.json");
    expect(JSON.parse(String(Buffer.from((known && (await device.outbox.read(known))) ?? [])))).toMatchObject({
      services: [{ service: "lamp", status: "running" }, { service: "bell" }],
    });
    await clock.advance(heartbeatMs - 1);
    expect(Date.parse((await read()).time)).toBe(Date.parse(at) + 66_000);
    await clock.advance(1);
    expect(Date.parse((await read()).time)).toBe(Date.parse(at) + 66_000 + heartbeatMs);
    await end();
    expect(clock.pending).toBe(0);
  });

  it("comes every 5 s at the most while services change without end, and at its interval all the same", async () => {
    for (const interval of [heartbeatMs, 2000]) {
      const { start, clock, read, services } = presenceOf(await makeTransfers(), undefined, [], interval);
      const end = await start();
      const times = new Set<number>();
      for (let passed = 0; passed < 60_000; passed += 100) {
        services.note("lamp", `pause ${passed}`);
        await clock.advance(100);
        times.add(Date.parse((await read()).time) - Date.parse(at));
      }
      const gaps = [...times].map((time, index, all) => time - (all[index - 1] ?? 0));
      expect(Math.max(...gaps)).toBe(Math.min(interval, 5000));
      // The first one, one in 5 s, and those of the interval.
      expect(times.size).toBeLessThanOrEqual(1 + 60_000 / 5000 + Math.floor(60_000 / interval));
      await end();
    }
  });

  it("that finds no room on the disk is left out, and the next one is told", async () => {
    const device = await makeTransfers();
    device.disk.fault = (operation, path) =>
      operation === "write" && path.startsWith("/state/outbox/") ? errno("ENOSPC") : undefined;
    const { start, clock, read, lines } = presenceOf(device);
    const end = await start();
    expect(device.outbox.depth).toBe(0);
    expect(lines.map(({ message }) => message).join()).toMatch(
      /capabilities could not be kept.*heartbeat could not be/,
    );
    device.disk.fault = () => undefined;
    await clock.advance(heartbeatMs);
    expect((await read()).device_id).toBe("device-7");
    expect(device.outbox.items().map(({ key }) => key)).toContain("device/capabilities.json");
    await end();
  });
});

describe("the capabilities", () => {
  it("are told once, and again when they change or after a restart that found others", async () => {
    const device = await makeTransfers();
    const { presence, services } = presenceOf(device);
    const told = () => device.outbox.items().filter(({ key }) => key === "device/capabilities.json");
    await presence.tellCapabilities("1.2.3");
    const [first] = told();
    await presence.tellCapabilities("1.2.3");
    expect(told()).toEqual([first]);
    services.fail("lamp", "it broke");
    await presence.tellCapabilities("1.2.3");
    const [second, ...others] = told();
    expect([second?.id === first?.id, others]).toEqual([false, []]);
    const next = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    await presenceOf(next).presence.tellCapabilities("1.2.4");
    expect(next.outbox.items().filter(({ key }) => key === "device/capabilities.json")).toHaveLength(1);
    expect(next.outbox.items()[0]?.id).not.toBe(second?.id);
  });
});
