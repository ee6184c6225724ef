import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineService, type Plugin } from "../../core/plugin/contract.ts";
import { Device, eventually } from "./device.ts";

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

const renewing = defineService({
  api: 1,
  service: "renewing",
  about: "for tests",
  commands: { renew: { about: "Restarts the device.", args: {}, result: z.string(), effect: "once" } },
  start: () => ({ renew: (_, { restart, restarted }) => (restarted === undefined ? restart() : "renewed") }),
}) as unknown as Plugin; // any commands are a plugin's

const unheard = () =>
  device.lines
    .map((line) => JSON.parse(line) as { msg: string; hint?: string })
    .filter(({ msg }) => msg.includes("asks for a restart"));

describe("a restart that a command asks for", () => {
  it("is told in the log, with what to do, where the program that hosts the runtime does not listen", async () => {
    device.send("renewing", [{ command: "renew()" }]);
    const runtime = await device.make({}, { plugins: [renewing] });
    await runtime.start();
    const line = await eventually("the line", () => unheard()[0]);
    expect(line).toMatchObject({ level: "error", service: "renewing" });
    expect(line.msg).toBe("service renewing asks for a restart of the device, and nobody listens");
    expect(line.hint).toContain("At the event `restart` (runtime.events) stop this runtime and start a new one.");
    await runtime.stop();
    await (await device.make({}, { plugins: [renewing] })).start();
    await eventually("the report", () => device.read("status/renewing/last_monitoring_status.json"));
    expect(device.report("renewing").commands[0]).toMatchObject({ status: "ok", result: '"renewed"' });
    expect(unheard()).toHaveLength(1);
  });

  it("is the listener's where there is one", async () => {
    device.send("renewing", [{ command: "renew()" }]);
    const runtime = await device.make({}, { plugins: [renewing] });
    const asked: string[] = [];
    runtime.events.on("restart", ({ service }) => asked.push(service));
    await runtime.start();
    await eventually("the event", () => asked[0]);
    expect(unheard()).toEqual([]);
  });
});
