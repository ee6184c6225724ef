import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "../flows/device.ts";
import { makeDevice, makeEmptyFolder, put, readJson, rustiq, stack, startDevice } from "./rustiq.ts";

/** A service that makes another the owner of the journal, as a start in another place would, and then needs the journal. */
const takenOver = `
import { readdirSync, renameSync } from "node:fs";
import { defineService, STATE } from "rustiq/plugin";
export default defineService({
  api: 1, service: "taken", about: "Takes the folder over.", commands: {},
  async start({ get }) {
    const marker = readdirSync("state/journal").find((name) => name.startsWith("epoch-"));
    renameSync("state/journal/" + marker, "state/journal/epoch-0000000099");
    await get(STATE).put("x", 1);
    return {};
  },
});
`;

/** Resolves when the command `wait` has begun. */
async function untilBegun(folder: string): Promise<void> {
  await eventually("the command's beginning", () => existsSync(join(folder, "begun")) || undefined);
}

describe("rustiq run", () => {
  it.concurrent("prints one line when it is ready, logs JSON lines, and ends with 0 at SIGTERM", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/apps/commands.json", [{ command: "get_app_status()" }]);
    const device = await startDevice(folder);
    const report = join(folder, "data/status/apps/last_monitoring_status.json");
    await eventually("the report", () => existsSync(report) || undefined);
    device.child.kill("SIGTERM");
    const { code, stdout, stderr } = await device.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "ready device=bench-7\n" });
    const lines = stderr.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).msg)).toContain("a batch was taken");
    expect(readJson(folder, "data/status/apps/last_monitoring_status.json").commands).toHaveLength(1);
  });

  it.concurrent("lets a command that is nearly done finish, and ends with 0 at SIGINT", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", { id: "s1", commands: [{ command: "wait(1500)" }] });
    const device = await startDevice(folder);
    await untilBegun(folder);
    device.child.kill("SIGINT");
    expect(await device.ended).toMatchObject({ code: 0 });
    expect(readJson(folder, "data/status/slow/results/s1.json").commands[0]).toMatchObject({ result: "1500" });
  });

  it.concurrent("cancels a command that takes too long, and runs it at the next start", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", { id: "s2", commands: [{ command: "wait(50000)" }] });
    const device = await startDevice(folder);
    await untilBegun(folder);
    const begun = Date.now();
    device.child.kill("SIGTERM");
    expect(await device.ended).toMatchObject({ code: 0 });
    expect(Date.now() - begun).toBeLessThan(9000);
    expect(existsSync(join(folder, "data/status/slow/results/s2.json"))).toBe(false);
  });

  it.concurrent("ends at once at the second signal", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", [{ command: "wait(50000)" }]);
    const device = await startDevice(folder);
    await untilBegun(folder);
    const begun = Date.now();
    device.child.kill("SIGTERM");
    await sleep(400);
    device.child.kill("SIGINT");
    expect((await device.ended).code).toBe(130);
    expect(Date.now() - begun).toBeLessThan(3000);
  });

  it.concurrent("goes on when a plugin loses a rejection, and names the plugin", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", [{ command: "lose()" }]);
    const device = await startDevice(folder);
    await sleep(1000);
    expect((await rustiq(folder, ["send", "apps", "get_app_status()", "--wait", "10"])).code).toBe(0);
    device.child.kill("SIGTERM");
    const { code, stderr } = await device.ended;
    expect(code).toBe(0);
    expect(stderr).toContain("plugin slow: nobody caught its error: nobody caught this");
  });

  it.concurrent("goes on when the reader of its output has gone", async () => {
    const folder = makeDevice();
    const device = await startDevice(folder);
    device.child.stdout?.destroy();
    device.child.stderr?.destroy();
    const { code } = await rustiq(folder, ["send", "apps", "get_app_status()", "--wait", "10"]);
    expect(code).toBe(0);
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  });

  it.concurrent("refuses a state folder that is a file", async () => {
    const folder = makeDevice({ state_dir: "rustiq.json" });
    const { code, stdout, stderr } = await rustiq(folder, ["run"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("error[state-unusable]: state folder");
    expect(stderr).toContain("hint: Make it a folder that this user may write to, or name another one in state_dir.");
  });

  it.concurrent("refuses a state folder that another process has", async () => {
    const folder = makeDevice();
    const device = await startDevice(folder);
    const [second, exec] = await Promise.all([rustiq(folder, ["run"]), rustiq(folder, ["exec", "get_app_status()"])]);
    expect(second).toMatchObject({ code: 3, stdout: "" });
    expect(second.stderr).toContain("error[state-owned]");
    expect(exec.code).toBe(3);
    expect(exec.stderr).toContain("rustiq send");
    device.child.kill("SIGKILL");
    await device.ended;
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
  });

  it.concurrent.each([[["run"]], [["run", "--once"]], [["exec", "get_app_status()"]]])(
    "ends with 3 when another takes the folder over during the start: %s",
    async (args) => {
      const folder = makeDevice({ plugins: ["apps", "./taken.mjs"] });
      writeFileSync(join(folder, "taken.mjs"), takenOver);
      const { code, stdout, stderr } = await rustiq(folder, args);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toContain("has been taken over by another RustiQ");
    },
  );

  it.concurrent("tells every fault of the configuration and ends with 2, nothing changed", async () => {
    const folder = makeDevice({ device_id: "a b", pol: {}, stores: [{ store_name: "incoming" }] });
    const { code, stdout, stderr } = await rustiq(folder, ["run"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("error[config-invalid]: the configuration has 3 faults");
    for (const place of ["device_id:", "pol:", "stores[0]:"]) expect(stderr).toContain(`\n${place}`);
    expect(stderr).toMatch(/\nhint: /);
    expect(stderr).not.toMatch(stack);
    expect(existsSync(join(folder, "state"))).toBe(false);
    expect((await rustiq(folder, ["run", "--config", "other.json"])).code).toBe(2);
  });
});

describe("rustiq run --once", () => {
  it.concurrent("takes what is pending, reports it and ends with 0; a second time there is nothing to do", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/apps/commands.json", [{ command: "get_app_status()" }]);
    put(folder, "data/incoming/scheduler/commands.json", [{ command: "get_jobs()" }]);
    expect(await rustiq(folder, ["run", "--once"])).toMatchObject({ code: 0, stdout: "" });
    expect(readJson(folder, "data/status/apps/last_monitoring_status.json").commands[0].status).toBe("ok");
    const report = readFileSync(join(folder, "data/status/scheduler/last_monitoring_status.json"), "utf8");
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    expect(readFileSync(join(folder, "data/status/scheduler/last_monitoring_status.json"), "utf8")).toBe(report);
  });

  it.concurrent("tells what the device can do, and again only when that has changed", async () => {
    const folder = makeDevice();
    const file = join(folder, "data/status/device/capabilities.json");
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    const told = readJson(folder, "data/status/device/capabilities.json");
    expect(told).toMatchObject({ device_id: "bench-7" });
    expect(told.services.map(({ service }: { service: string }) => service)).toContain("slow");
    rmSync(file);
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    expect(existsSync(file)).toBe(false);
    const configuration = readJson(folder, "rustiq.json");
    put(folder, "rustiq.json", { ...configuration, plugins: ["apps"] });
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    expect(readJson(folder, "data/status/device/capabilities.json").services).toHaveLength(1);
  });

  it.concurrent("needs no place to report to when there is nothing to report", async () => {
    const folder = makeDevice({ stores: [{ store_name: "contents", path: "contents" }] });
    expect((await rustiq(folder, ["run", "--once", "--deliver-within", "1"])).code).toBe(0);
  });

  it.concurrent("ends with 1 and lists what could not be delivered", async () => {
    const folder = makeDevice({
      stores: [
        { store_name: "incoming", path: "in" },
        { store_name: "status", path: "blocked/status" },
      ],
    });
    writeFileSync(join(folder, "blocked"), "a file where the folder should be");
    put(folder, "in/apps/commands.json", [{ command: "get_app_status()" }]);
    const { code, stderr } = await rustiq(folder, ["run", "--once", "--deliver-within", "0.5"]);
    expect(code).toBe(1);
    expect(stderr).toContain("not delivered within 0.5 s: status/apps/last_monitoring_status.json");
    expect(stderr).toMatch(/store status(:| refuses)/);
  });
});

describe("rustiq run --example", () => {
  it.concurrent("sends the seed's four commands to a new device and shows their results", async () => {
    const folder = makeEmptyFolder();
    const device = await startDevice(folder, ["--example"]);
    await device.sees("npx rustiq send apps");
    device.child.kill("SIGTERM");
    const { code, stdout } = await device.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ready device=/);
    expect(stdout.match(/^ok /gm)).toHaveLength(4);
    expect(stdout).toContain("report: data/status/apps/last_monitoring_status.json");
    const sent = readFileSync(join(folder, "data/incoming/apps/commands.json"));
    // The document of the seed's section 2.2.2.2.1, byte for byte.
    const digest = "431e57eee04cb7e738bf7e07016d75192fa0f3ff499222ef2a5c0bd634c60a0d";
    expect(createHash("sha256").update(sent).digest("hex")).toBe(digest);
    const report = readJson(folder, "data/status/apps/last_monitoring_status.json");
    expect(report.commands.map(({ status }: { status: string }) => status)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(JSON.parse(report.commands[0].result)["monitoring-1.0"]).toEqual({
      application_id: "monitoring-1.0",
      status: null,
      restarted_count: 0,
    });

    const again = await startDevice(folder, ["--example"]);
    await again.sees("npx rustiq send apps");
    again.child.kill("SIGTERM");
    expect((await again.ended).stdout).not.toContain("four commands");
  });

  it.concurrent("sends nothing to a device that has a document", async () => {
    const folder = makeEmptyFolder();
    put(folder, "data/incoming/scheduler/commands.json", [{ command: "get_jobs()" }]);
    const device = await startDevice(folder, ["--example"]);
    await device.sees("report: data/status/scheduler");
    device.child.kill("SIGTERM");
    await device.ended;
    expect(existsSync(join(folder, "data/incoming/apps/commands.json"))).toBe(false);
  });
});
