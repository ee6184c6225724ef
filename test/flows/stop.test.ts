import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineService, defineStore, type Plugin } from "../../core/plugin/contract.ts";
import { noCapabilities } from "../../core/plugin/driver.ts";
import { makeDevice, start } from "../cli/rustiq.ts";
import { countingService } from "./counting.ts";
import { Device, eventually } from "./device.ts";

let device: Device;
let happened: string[];
beforeEach(() => {
  device = new Device();
  happened = [];
});
afterEach(() => device.remove());

/** A service that tells when it starts and is released; its start takes this long. */
function lamp(service: string, startMs = 0): Plugin {
  const plugin = defineService({
    api: 1,
    service,
    about: "for tests",
    commands: {},
    start: async ({ onStop }) => {
      happened.push(`${service} begins`);
      await sleep(startMs);
      onStop(() => {
        happened.push(`${service} is released`);
      });
      happened.push(`${service} runs`);
      return {};
    },
  });
  return plugin as unknown as Plugin; // it has no commands to be typed by
}

const stopped = { code: "start-stopped", message: "the device was told to stop before it had started" };

describe("a stop during the start", () => {
  it.each(["prepare", "start"] as const)(
    "of %s begins no other service and gives back what was taken",
    async (what) => {
      device.send("one", [{ command: "light()" }]);
      const runtime = await device.make({}, { plugins: [lamp("one", 300), lamp("two")] });
      runtime.events.on("ready", () => happened.push("ready"));
      const starting = runtime[what]().catch((thrown: unknown) => thrown);
      await eventually("the start of one", () => happened[0]);
      await runtime.stop();
      expect(happened).toEqual(["one begins", "one runs", "one is released"]);
      expect(await starting).toMatchObject(stopped);
      await sleep(200);
      expect(happened).toHaveLength(3);
      expect(device.read("status/one/last_monitoring_status.json")).toBeUndefined();

      const next = await device.make({}, { plugins: [lamp("two")] });
      await next.start();
      expect(happened.at(-1)).toBe("two runs");
    },
  );

  it("is over only when the start has noticed it, however often it is asked for", async () => {
    const runtime = await device.make({}, { plugins: [lamp("one", 200)] });
    const starting = runtime.start().catch((thrown: unknown) => thrown);
    await eventually("the start of one", () => happened[0]);
    await Promise.all([runtime.stop(), runtime.stop()]);
    expect(happened).toContain("one is released");
    expect(await starting).toMatchObject(stopped);
  });

  it("opens no further store", async () => {
    const shelf = defineStore({
      api: 1,
      backend: "shelf",
      about: "for tests",
      can: noCapabilities,
      config: z.looseObject({}),
      open: async ({ name }) => {
        happened.push(name);
        await sleep(200);
        throw new Error("it is empty");
      },
    });
    const stores = ["mine", "yours"].map((store_name) => ({ store_name, backend: "shelf" }));
    const plugins = [shelf as unknown as Plugin, lamp("one")];
    const runtime = await device.make({ stores }, { plugins });
    const starting = runtime.start().catch((thrown: unknown) => thrown);
    await eventually("the opening of a store", () => happened[0]);
    await runtime.stop();
    expect(await starting).toMatchObject(stopped);
    expect(happened).toEqual(["store mine"]);
  });

  it("tells why the start failed when it failed by itself", async () => {
    const other = await device.make();
    await other.start();
    const runtime = await device.make();
    const starting = runtime.start().catch((thrown: unknown) => thrown);
    await runtime.stop();
    expect(await starting).toMatchObject({ code: "state-owned" });
    await other.stop();
  });
});

describe("a stop before the start", () => {
  it("leaves nothing to start", async () => {
    const runtime = await device.make({}, { plugins: [lamp("one")] });
    await runtime.stop();
    await expect(runtime.start()).rejects.toMatchObject(stopped);
    expect(happened).toEqual([]);
    expect(existsSync(join(device.folder, "state"))).toBe(false);
  });
});

describe("a signal while a plugin starts slowly", () => {
  const slowStart = `
import { defineService } from "rustiq/plugin";
import { writeFileSync } from "node:fs";
export default defineService({
  api: 1, service: "late", about: "Starts slowly.", commands: {},
  start: async () => {
    writeFileSync("begun", "");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return {};
  },
});
`;

  /** A device whose second service would start a program that outlives it. */
  async function interrupt(args: readonly string[]) {
    const program = ["sh", "-c", 'echo $$ > "$0/pid"; exec sleep 600'];
    const folder = makeDevice({ plugins: ["./late.mjs", "apps"] });
    writeFileSync(join(folder, "late.mjs"), slowStart);
    const file = join(folder, "rustiq.json");
    const applications = [{ application_id: "a-1.0", start_command: [...program, folder], autostart: true }];
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), applications }));
    const run = start(folder, ["run", ...args]);
    await eventually("the plugin's start", () => existsSync(join(folder, "begun")) || undefined);
    run.child.kill("SIGTERM");
    const ended = await run.ended;
    await sleep(300);
    const pid = join(folder, "pid");
    if (existsSync(pid)) process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
    return { ...ended, hasProgram: existsSync(pid) };
  }

  it("ends `run --once` with 1 and leaves no program behind", async () => {
    const { code, stderr, hasProgram } = await interrupt(["--once"]);
    expect({ code, hasProgram }).toEqual({ code: 1, hasProgram: false });
    expect(stderr).toContain("interrupted: what was not begun is done at the next start");
  });

  it("ends `run` with 0, never ready", async () => {
    const { code, stdout, hasProgram } = await interrupt([]);
    expect({ code, stdout, hasProgram }).toEqual({ code: 0, stdout: "", hasProgram: false });
  });
});

it("leaves a running device alone when it is started a second time", async () => {
  const { plugin } = countingService();
  const runtime = await device.make({ plugins: [] }, { plugins: [plugin] });
  await runtime.start();
  await expect(runtime.start()).rejects.toMatchObject({ code: "started-twice" });
  expect(await runtime.execute("look()", "counter")).toMatchObject({ status: "ok" });
});
