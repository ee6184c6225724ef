import { describe, expect, it } from "vitest";
import { errno } from "../journal/disk.ts";
import { block, emptyReport, filesIn, makeTransfers, type Transfers } from "./around.ts";

const keysOf = ({ outbox }: Transfers) => outbox.items().map(({ key }) => key);
const isOutbox = (path: string) => path.startsWith("/state/outbox/");

/** The outbox folder takes nothing while `isFull` says so. */
function fill(device: Transfers, isFull: () => boolean = () => true): void {
  device.disk.fault = (operation, path) =>
    operation === "write" && isOutbox(path) && isFull() ? errno("ENOSPC") : undefined;
}

async function withLogs(): Promise<Transfers> {
  const device = await makeTransfers();
  await device.outbox.put("contents", "log 1", "1", { kind: "log" });
  await device.outbox.put("contents", "data", "2");
  await device.outbox.put("contents", "log 2", "3", { kind: "log" });
  return device;
}

describe("an outbox on a full disk", () => {
  it("drops its logs for whatever comes, and says so", async () => {
    for (const accept of [
      (device: Transfers) => device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false),
      (device: Transfers) => device.outbox.acceptPresence("device/heartbeat.json", Buffer.from("{}")),
      (device: Transfers) => device.outbox.put("contents", "new", "4"),
    ]) {
      const device = await withLogs();
      fill(device, () => filesIn(device.disk).filter((path) => !path.endsWith(".part")).length === 3);
      await accept(device);
      expect(keysOf(device)).toContain("data");
      expect(keysOf(device)).not.toContain("log 1");
      expect(keysOf(device)).not.toContain("log 2");
      expect([device.outbox.dropped, filesIn(device.disk).length]).toEqual([2, 2]);
      expect(device.told("warn")).toEqual(["the disk is full: logs that wait for their upload are dropped"]);
    }
  });

  it("gives the reserve up for a report, and keeps it", async () => {
    const device = await withLogs();
    expect(await device.reserve.hold()).toBe(true);
    fill(device, () => device.disk.contents.has("/state/reserve"));
    await device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    expect(keysOf(device)).toEqual(["data", "apps/results/one.json", "apps/last_monitoring_status.json"]);
    expect([device.reserve.isHeld, device.disk.contents.has("/state/reserve")]).toEqual([false, false]);
    const next = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    expect(keysOf(next)).toEqual(keysOf(device));
  });

  it.each(["data", "log"] as const)("gives no reserve up for an upload (%s), which is refused", async (kind) => {
    const device = await makeTransfers();
    await device.reserve.hold();
    fill(device, () => device.disk.contents.has("/state/reserve"));
    await expect(device.outbox.put("contents", "new", "1234", { kind })).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringMatching(/^disk full: contents\/new of 4 bytes cannot be kept for its upload: ENOSPC/),
    });
    expect([device.reserve.isHeld, keysOf(device), filesIn(device.disk)]).toEqual([true, [], []]);
  });

  it("drops the logs that wait, says so, and has their room for a report", async () => {
    const device = await makeTransfers();
    for (const key of ["1", "2", "3"]) await device.outbox.put("contents", key, "x".repeat(3 * block), { kind: "log" });
    device.disk.capacity = device.disk.used;
    await device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    expect(keysOf(device)).toEqual(["apps/results/one.json", "apps/last_monitoring_status.json"]);
    expect(filesIn(device.disk)).toHaveLength(1);
    expect(device.told("warn").join()).toContain("logs that wait for their upload are dropped");
  });

  it("leaves no file of an upload that was overtaken by one whose record failed", async () => {
    const device = await makeTransfers();
    for (let count = 0; count < 10; count++) {
      let isBroken = true;
      device.disk.fault = (operation, path) => {
        if (operation !== "sync" || !path.startsWith("/state/journal/") || !isBroken) return undefined;
        isBroken = false;
        return errno("EIO");
      };
      await device.outbox.acceptPresence("device/heartbeat.json", Buffer.from(`${count}`)).catch(() => undefined);
    }
    device.disk.fault = () => undefined;
    const [item] = device.outbox.items();
    if (item !== undefined) await device.outbox.flush(item);
    expect([device.outbox.depth, filesIn(device.disk).length]).toEqual([1, 1]);
  });

  it("gives no reserve up for a presence document", async () => {
    const device = await makeTransfers();
    await device.reserve.hold();
    fill(device);
    await expect(device.outbox.acceptPresence("device/heartbeat.json", Buffer.from("{}"))).rejects.toThrow("ENOSPC");
    expect(device.reserve.isHeld).toBe(true);
  });

  it("takes no report for safe that it has no room for, and takes it when there is room", async () => {
    const device = await makeTransfers();
    await device.reserve.hold();
    fill(device);
    const accept = () => device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    for (let time = 0; time < 3; time++) await expect(accept()).rejects.toThrow("ENOSPC");
    expect([device.outbox.depth, filesIn(device.disk)]).toEqual([0, []]);
    device.disk.fault = () => undefined;
    await accept();
    expect(device.outbox.depth).toBe(2);
  });
});

describe("what waits for its upload", () => {
  it("is not sent before the journal is durable, also when an fsync fails in between", async () => {
    const device = await makeTransfers();
    let isBroken = true;
    device.disk.fault = (operation, path) =>
      isBroken && operation === "sync" && path.includes("/journal/") ? errno("EIO") : undefined;
    const accept = device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await expect(accept).rejects.toThrow("EIO");
    // The state has it, and the uploader looks at the state.
    expect(device.outbox.depth).toBe(2);
    device.uploader.start(new AbortController().signal);
    await device.clock.advance(60_000);
    expect([...device.requests("status"), ...device.requests("contents")]).toEqual([]);
    const { outbox: lost } = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    expect(lost.depth).toBe(0);
    isBroken = false;
    await device.outbox.put("contents", "third", "1");
    await device.clock.advance(600_000);
    expect(device.outbox.depth).toBe(0);
    expect(JSON.parse(device.text("status", "apps/results/one.json") ?? "")).toMatchObject({ batch: "one" });
  });

  it("is durable at every request that it leads to", async () => {
    const asked: string[] = [];
    let device: Transfers | undefined;
    device = await makeTransfers({
      wrap: (driver) => ({
        ...driver,
        write: async (key, body, op) => {
          if (device === undefined) throw new Error("not before the start");
          const { outbox } = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
          expect(outbox.items().map((item) => item.key)).toContain(key);
          asked.push(key);
          return driver.write(key, body, op);
        },
      }),
    });
    device.uploader.start(new AbortController().signal);
    await device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await device.outbox.put("contents", "data", "1");
    for (let turn = 0; turn < 20 && device.outbox.depth > 0; turn++) await device.clock.advance(100);
    expect([...new Set(asked)].sort()).toEqual(["apps/last_monitoring_status.json", "apps/results/one.json", "data"]);
  });

  it("waits for nobody else's file that cannot be read", async () => {
    const device = await makeTransfers();
    await device.outbox.put("contents", "bad", "1");
    await device.outbox.put("contents", "good", "2");
    const [bad] = device.outbox.items();
    device.disk.fault = (operation, path) =>
      operation === "read" && path.endsWith(bad?.file ?? "none") ? errno("EIO") : undefined;
    device.uploader.start(new AbortController().signal);
    await device.clock.advance(3_600_000);
    expect(device.text("contents", "good")).toBe("2");
    expect(keysOf(device)).toEqual(["bad"]);
  });

  it.each([
    ["longer", "12345"],
    ["shorter", "1"],
    ["other bytes", "4321"],
  ])("is never sent as something else: its file has become %s", async (_, now) => {
    const device = await makeTransfers();
    await device.outbox.put("contents", "changed", "1234");
    await device.outbox.put("contents", "good", "2");
    const [changed] = device.outbox.items();
    device.disk.put(`/state/outbox/${changed?.file}`, Buffer.from(now));
    device.uploader.start(new AbortController().signal);
    await device.clock.advance(3_600_000);
    expect([device.text("contents", "changed"), device.text("contents", "good")]).toEqual([undefined, "2"]);
  });

  it("is given up when its file is gone, and says so", async () => {
    const device = await makeTransfers();
    await device.outbox.put("contents", "lost", "1");
    await device.outbox.put("contents", "good", "2");
    const [lost] = device.outbox.items();
    await device.disk.remove(`/state/outbox/${lost?.file}`);
    device.uploader.start(new AbortController().signal);
    await device.clock.advance(1000);
    expect([device.outbox.depth, device.text("contents", "good")]).toEqual([0, "2"]);
    expect(device.told("error")).toEqual(["the bytes of a waiting upload are gone or changed; it is given up"]);
  });

  it("goes on after a journal that could not note the end of an upload, given up or delivered", async () => {
    for (const script of [[{ on: "write", key: "first", fail: { code: "too-large" } }], []] as const) {
      const device = await makeTransfers({ faults: { contents: script } });
      await device.outbox.put("contents", "first", "1");
      let isBroken = true;
      device.disk.fault = (operation, path) =>
        isBroken && operation === "sync" && path.includes("/journal/") ? errno("EIO") : undefined;
      const stop = new AbortController();
      device.uploader.start(stop.signal);
      await device.clock.advance(60_000);
      isBroken = false;
      await device.outbox.put("contents", "second", "2");
      await device.clock.advance(600_000);
      expect([device.text("contents", "second"), device.outbox.depth]).toEqual(["2", 0]);
      stop.abort(new Error("the runtime stops"));
      await device.uploader.settled();
    }
  });
});
