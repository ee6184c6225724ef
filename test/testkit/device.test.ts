import { existsSync } from "node:fs";
import { Central, type StartedDevice, startDevice, VirtualClock } from "rustiq/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { defineService } from "../../core/plugin/contract.ts";
import { STATE, z } from "../../core/plugin/index.ts";

const level = z.int().min(0).max(100);
const lamp = defineService({
  api: 1,
  service: "lamp",
  about: "for tests",
  config: z.strictObject({ highest: level.default(100) }),
  commands: {
    set_level: { about: "for tests", args: { level }, result: level, effect: "idempotent" },
    get_level: { about: "for tests", args: {}, result: level, effect: "read", bare: true },
    update: { about: "for tests", args: {}, result: z.json(), effect: "once" },
  },
  start(context) {
    const state = context.get(STATE);
    const read = () => level.parse(state.get("level") ?? 0);
    return {
      get_level: read,
      set_level: async (args) => {
        await state.put("level", Math.min(args.level, context.config.highest));
        return read();
      },
      update: (_, call) => (call.restarted?.note as string | undefined) ?? call.restart("updated"),
    };
  },
});

const devices: StartedDevice[] = [];
const start = async (options: Parameters<typeof startDevice>[0] = {}) => {
  const device = await startDevice({ plugins: [lamp], ...options });
  devices.push(device);
  return device;
};
afterEach(async () => {
  for (const device of devices.splice(0)) await device.stop();
});

describe("a device under test", () => {
  it("runs a document from its central system and reports to it", async () => {
    const { central } = await start();
    const report = await central.send("lamp", ["set_level(40)", "get_level()", "get_levle()"]);
    expect(report.commands.map(({ status, result }) => [status, JSON.parse(result)])).toEqual([
      ["ok", 40],
      ["ok", 40],
      ["error", expect.stringContaining("get_levle")],
    ]);
    expect(await central.report("lamp")).toEqual(report);
    expect(await central.results("lamp")).toEqual([report]);
    expect(await central.objects("status", "lamp/")).toEqual([
      "lamp/last_monitoring_status.json",
      `lamp/results/${report.batch}.json`,
    ]);
    expect((await central.send("lamp", ["get_level()"], { id: "second" })).batch).toBe("second");
    expect(await central.results("lamp")).toHaveLength(2);
  });

  it("refuses a document at once that it would never take", async () => {
    const clock = new VirtualClock();
    const device = await start({ clock });
    expect(device.clock).toBe(clock);
    await expect(device.central.send("lmap", ["get_level()"])).rejects.toMatchObject({
      code: "service-unknown",
      hint: "did you mean 'lamp'?",
    });
    expect(await device.central.objects("incoming")).toEqual([]);
  });

  it("takes documents for a service that does not run, and reports why", async () => {
    const dead = defineService({
      ...lamp,
      start: () => {
        throw new Error("no power");
      },
    } as never);
    const { central } = await start({ plugins: [dead] });
    const report = await central.send("lamp", ["get_level()"]);
    expect(report.commands[0]?.error?.code).toBe("service-failed");
  });

  it("takes whole documents, also broken ones", async () => {
    const { central } = await start();
    const stopped = await central.send("lamp", {
      id: "stops",
      on_error: "stop",
      commands: [{ command: "set_level('x')" }, { command: "get_level()", id: "mine" }],
    });
    expect(stopped.commands.map(({ error }) => error?.code)).toEqual(["argument-invalid", "command-skipped"]);
    expect((await central.send("lamp", [{ command: "get_level()" }])).commands).toHaveLength(1);
    expect((await central.send("lamp", '[{"command": "get_level()"')).error?.code).toBe("document-json");
  });

  it("runs single expressions, and gives plugins their options", async () => {
    const device = await start({ plugins: [{ plugin: lamp, name: "bulb", config: { highest: 50 } }] });
    expect(await device.run("set_level(90)")).toEqual({ status: "ok", result: 50 });
    const outcome = await device.run("set_level(101)", "lamp");
    expect(outcome.error).toMatchObject({ code: "argument-invalid", span: { start: 10, end: 13 } });
  });

  it("keeps its state over a restart, and starts again when a command asks for it", async () => {
    const device = await start();
    await device.run("set_level(30)");
    const before = device.runtime;
    await device.restart();
    expect(device.runtime).not.toBe(before);
    expect(await device.run("get_level()")).toEqual({ status: "ok", result: 30 });
    const { commands } = await device.central.send("lamp", ["update()"]);
    expect(commands).toMatchObject([{ status: "ok", result: '"updated"', attempts: 2 }]);
  });

  it("goes on through faults on the way to its stores", async () => {
    const device = await start({
      faults: { status: [{ on: "write", key: /results/, fail: { code: "unavailable" } }] },
    });
    device.addFaults("incoming", { on: ["head", "read"], times: 2, fail: { code: "timeout" } });
    const report = await device.central.send("lamp", ["get_level()"]);
    expect(report.general_status).toBe("ok");
    expect(device.requests("status").some(({ struck }) => struck)).toBe(true);
    expect(device.requests("incoming").filter(({ struck }) => struck)).toHaveLength(2);
  });

  it("shares contents with other devices of its central system, and neither documents nor reports", async () => {
    const one = await start({ plugins: [lamp], configuration: { plugins: ["transfer"] } });
    const two = await start({ central: one.central, deviceId: "device-2", configuration: { plugins: ["transfer"] } });
    await one.central.put("contents", "note.txt", "hello");
    await one.central.send("lamp", ["set_level(10)"]);
    const [command] = (
      await two.central.send("lamp", ["get_level()", "call_service('transfer', 'list', 'contents')"])
    ).commands.slice(1);
    expect(command?.result).toContain("note.txt");
    expect(await two.run("get_level()")).toEqual({ status: "ok", result: 0 });
    expect([await one.central.results("lamp"), await two.central.results("lamp")]).toMatchObject([
      [{ device_id: "device-1" }],
      [{ device_id: "device-2" }],
    ]);
    expect([...(one.central.memories.get("status")?.objects.keys() ?? [])].map((key) => key.split("/")[0])).toEqual(
      expect.arrayContaining(["device-1", "device-2"]),
    );
  });

  it("says when no report comes, and what does not start", async () => {
    const broken = defineService({
      ...lamp,
      start: () => {
        throw new Error("no power");
      },
    });
    const device = await start({ plugins: [broken] });
    expect((await device.run("get_level()")).error).toMatchObject({ code: "service-failed" });
    expect(device.log.map(({ message }) => message)).toContainEqual(expect.stringContaining("no power"));
    device.addFaults("incoming", { on: ["head", "read"], times: 1000, fail: { code: "timeout" } });
    await expect(device.central.send("lamp", ["get_level()"], { limitMs: 50 })).rejects.toThrow(
      /no report of .* for lamp within 50 ms/,
    );
    await expect(start({ configuration: { pol: {} } })).rejects.toMatchObject({ code: "config-invalid" });
  });

  it("runs on the clock of the test", async () => {
    const clock = new VirtualClock(Date.UTC(2030, 0, 1));
    const device = await start({ clock });
    const report = await device.central.send("lamp", ["get_level()"]);
    expect(report.finished_at).toBe("2030-01-01T00:00:00.000Z");
  });

  it("leaves nothing when it is stopped, once or twice", async () => {
    const device = await start();
    const { stateDir } = device.runtime.configuration;
    expect(existsSync(stateDir)).toBe(true);
    await device.stop();
    await device.stop();
    expect(existsSync(stateDir)).toBe(false);
  });
});

it("a central system can be looked at without a device", async () => {
  const central = new Central("nobody");
  expect(await central.report("lamp")).toBeUndefined();
  await central.put("config", "a.json", "{}");
  expect([await central.objects("config"), await central.get("config", "a.json")]).toEqual([["a.json"], "{}"]);
  await central.remove("config", "a.json");
  expect(await central.get("config", "a.json")).toBeUndefined();
});
