import { defineStore, type StorePlugin, z } from "rustiq/plugin";
import { Memory, memoryCapabilities, memoryDriver } from "rustiq/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { countingService } from "./counting.ts";
import { Device, eventually } from "./device.ts";

/** A store that can be cut off; the network between the device and it is `isUp`. */
function cutOffStore() {
  const memory = new Memory();
  const network = { isUp: true };
  const inner = memoryDriver(memory, nodeClock());
  const cross = async <T>(request: () => Promise<T>): Promise<T> => {
    if (network.isUp) return request();
    throw new StoreError("unavailable", "connection refused");
  };
  const plugin: StorePlugin<z.ZodType> = defineStore({
    api: 1,
    backend: "cut-off",
    about: "A store behind a bad network.",
    config: z.looseObject({}) as z.ZodType,
    can: { ...memoryCapabilities, watch: false },
    open: () => ({
      head: (key, op) => cross(() => inner.head(key, op)),
      read: (key, op) => cross(() => inner.read(key, op)),
      write: (key, body, op) => cross(() => inner.write(key, body, op)),
      remove: (key, op) => cross(() => inner.remove(key, op)),
      list: (prefix, op) => inner.list(prefix, op),
    }),
  });
  const read = (key: string) => {
    const bytes = memory.objects.get(key)?.bytes;
    return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
  };
  const send = (key: string, document: unknown) =>
    inner.write(key, Buffer.from(JSON.stringify(document)), { signal: new AbortController().signal });
  return { plugin, network, read, send };
}

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

const file = {
  plugins: [],
  poll: { interval_ms: 200 },
  stores: ["incoming", "status"].map((name) => ({ store_name: name, backend: "cut-off", prefix: name })),
};
const lastKey = "status/counter/last_monitoring_status.json";

describe("a store that cannot be reached", () => {
  it("at the start keeps no device from starting: it takes its document when the store is there", async () => {
    const central = cutOffStore();
    const { plugin, ran } = countingService();
    central.network.isUp = false;
    await central.send("incoming/counter/commands.json", [{ command: "count('a')" }]);
    const runtime = await device.make(file, { plugins: [central.plugin, plugin] });
    await runtime.start();
    const told = () => device.lines.filter((line) => line.includes("does not answer"));
    await eventually("the word of it", () => told()[0]);
    expect(ran).toEqual([]);
    central.network.isUp = true;
    await eventually("the report", () => central.read(lastKey), 15_000);
    expect(ran).toEqual(["a"]);
    // Once for each store, however many tries it took.
    expect(told().length).toBeLessThanOrEqual(2);
  });

  it("during the run and at the upload loses nothing: the report is delivered when the store is back", async () => {
    const central = cutOffStore();
    const { plugin, ran } = countingService();
    await central.send("incoming/counter/commands.json", [{ command: "linger(300)" }, { command: "count('b')" }]);
    const runtime = await device.make(file, { plugins: [central.plugin, plugin] });
    await runtime.start();
    await eventually("the first command", () => (ran.length > 0 ? true : undefined));
    central.network.isUp = false;
    await eventually("the second command", () => (ran.length > 1 ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(central.read(lastKey)).toBeUndefined();
    central.network.isUp = true;
    const report = JSON.parse(await eventually("the report", () => central.read(lastKey), 15_000));
    expect(report.commands.map(({ status }: { status: string }) => status)).toEqual(["ok", "ok"]);
    expect(ran).toEqual(["linger 300", "b"]);
  });

  it("until after a restart is sent the report then, and nothing is run again", async () => {
    const central = cutOffStore();
    const { plugin, ran } = countingService();
    await central.send("incoming/counter/commands.json", [{ command: "count('a')" }]);
    const first = await device.make(file, { plugins: [central.plugin, plugin] });
    await first.prepare();
    first.events.on("command", () => {
      central.network.isUp = false;
    });
    const { undelivered } = await first.runOnce(300);
    expect(undelivered.length).toBeGreaterThan(0);
    await first.stop();
    expect(central.read(lastKey)).toBeUndefined();
    central.network.isUp = true;
    const again = await device.once(file, { plugins: [central.plugin, plugin] });
    expect(again).toMatchObject({ unreachable: [], undelivered: [] });
    expect(JSON.parse(central.read(lastKey) ?? "")).toMatchObject({ commands: [{ status: "ok", attempts: 1 }] });
    expect(ran).toEqual(["a"]);
  });

  it("is told by --once: the services whose document could not be looked at", async () => {
    const central = cutOffStore();
    central.network.isUp = false;
    const { plugin } = countingService();
    expect(await device.once(file, { plugins: [central.plugin, plugin] })).toMatchObject({ unreachable: ["counter"] });
  });
});
