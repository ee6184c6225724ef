import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { makeDevice, put, readJson, rustiq, start, startDevice } from "../cli/rustiq.ts";
import { isAlive } from "../host/isolate/guest.ts";
import { eventually } from "./device.ts";

const source = `
import { appendFileSync, writeFileSync } from "node:fs";
import { CALLS, defineService, STATE, z } from "rustiq/plugin";
const here = new URL("./", import.meta.url);
const mark = (text) => appendFileSync(new URL("marks", here), text + "\\n");
const command = (effect, more = {}) => ({ about: "For tests.", args: {}, result: z.any(), effect, ...more });
export default defineService({
  api: 1, service: "guest", about: "A guest.",
  config: z.strictObject({ level: z.int().default(1) }),
  commands: {
    count: command("once"), who: command("read"), die: command("once"), spin: command("once", { timeoutMs: 60000 }),
    nap: command("idempotent"), again: command("once"), ask: command("read"), set: { ...command("idempotent"), args: { level: z.int().max(9) } },
  },
  start(context) {
    const state = context.get(STATE);
    return {
      count: (_, { keep }) => { const count = Number(state.get("count") ?? 0) + 1; void keep("count", count); mark("count " + count); return count; },
      who: () => ({ pid: process.pid, env: Object.keys(process.env), level: context.config.level }),
      die: () => { mark("die"); process.exit(9); },
      spin: () => { writeFileSync(new URL("spinning", here), String(process.pid)); for (;;); },
      nap: async (_, { attempt }) => { mark("nap " + attempt); if (attempt === 1) process.exit(1); return attempt; },
      again: (_, { restart, restarted }) => restarted === undefined ? restart({ n: 1 }) : restarted.note,
      ask: async (_, { signal }) => (await context.get(CALLS).run("call_service('slow', 'wait', 1)", { owner: "guest", signal })).result,
      set: ({ level }) => level,
    };
  },
});
`;

const plugins = ["apps", "./slow.mjs", { use: "./guest.mjs", isolate: "process", config: { level: 5 } }];
const makeHome = (more: object = {}) => {
  const folder = makeDevice({ plugins, heartbeat_ms: 200, ...more });
  writeFileSync(join(folder, "guest.mjs"), source);
  return folder;
};
const marks = (folder: string) => {
  const file = join(folder, "marks");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};
const send = (folder: string, id: string, ...commands: string[]) =>
  put(folder, "data/incoming/guest/commands.json", { id, commands: commands.map((command) => ({ command })) });
const reportOf = (folder: string, id: string, limitMs = 20_000) =>
  eventually(
    `the report of ${id}`,
    () => {
      const name = `data/status/guest/results/${id}.json`;
      return existsSync(join(folder, name)) ? readJson(folder, name) : undefined;
    },
    limitMs,
  );
const resultsOf = (report: { commands: { status: string; result: string; error?: { code: string } }[] }) =>
  report.commands.map(({ status, result, error }) => (status === "ok" ? JSON.parse(result) : error?.code));

const running: { kill: (signal: "SIGKILL") => boolean }[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
const startHome = async (folder: string) => {
  const device = await startDevice(folder);
  running.push(device.child);
  return device;
};

describe("a device with an isolated plugin", () => {
  it("runs its commands like any others, and ends its process with the device", async () => {
    const folder = makeHome();
    const device = await startHome(folder);
    send(folder, "one", "who()", "count()", "count()", "set(9)", "set(10)", "ask()", "die()", "nap()", "who()");
    const [who, first, second, set, refused, asked, died, napped, next] = resultsOf(await reportOf(folder, "one"));
    expect(who).toMatchObject({ env: [], level: 5 });
    expect([first, second, set, refused, asked, died, napped]).toEqual([
      1,
      2,
      9,
      "argument-invalid",
      1,
      "interrupted",
      2,
    ]);
    expect(next.pid).not.toBe(who.pid);
    expect(marks(folder)).toEqual(["count 1", "count 2", "die", "nap 1", "nap 2"]);
    const beat = await eventually("the heartbeat", () => {
      const file = join(folder, "data/status/device/heartbeat.json");
      const found = existsSync(file) ? readJson(folder, "data/status/device/heartbeat.json") : undefined;
      return found?.processes?.guest.restarts === 2 && found.plugins.guest === "running" ? found : undefined;
    });
    expect(beat.processes.guest).toEqual({ pid: next.pid, restarts: 2, last_crash: "its process ended with code 1" });
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
    expect(isAlive(next.pid)).toBe(false);
    // What was kept with a result is there in the next life of the device.
    expect(
      JSON.parse((await rustiq(folder, ["exec", "count()", "--service", "guest", "--json"])).stdout),
    ).toMatchObject({ result: 3 });
  });

  it("tells no secret of the configuration, also at the end of its process", async () => {
    const folder = makeHome({
      plugins: ["apps", { use: "./leaky.mjs", isolate: "process", config: { password: "hunter2secret" } }],
    });
    put(
      folder,
      "leaky.mjs",
      `import { defineService, z } from "rustiq/plugin";
       const command = { about: "For tests.", args: {}, result: z.any(), effect: "once" };
       export default defineService({ api: 1, service: "guest", about: "Leaks.", config: z.strictObject({ password: z.string() }),
         commands: { tell: command, lose: command, shout: command },
         start: ({ config: { password } }) => ({
           tell: () => password,
           shout: () => { console.log(password); throw new Error("no " + password); },
           lose: () => { setTimeout(() => { throw new Error("login with " + password); }, 5); return 1; } }) });`,
    );
    const device = await startHome(folder);
    send(folder, "leak", "tell()", "shout()", "lose()");
    const results = resultsOf(await reportOf(folder, "leak"));
    expect(results).toEqual(["***", "command-failed", 1]);
    const beat = await eventually("its end", () => {
      const file = "data/status/device/heartbeat.json";
      const found = existsSync(join(folder, file)) ? readJson(folder, file) : undefined;
      return found?.processes?.guest.last_crash === undefined ? undefined : found;
    });
    expect(beat.processes.guest.last_crash).toBe("nobody caught its error: login with ***");
    device.child.kill("SIGTERM");
    const { stdout, stderr } = await device.ended;
    const told = await rustiq(folder, ["plugins", "--json"]);
    const files = ["heartbeat.json", "capabilities.json"].map((name) =>
      readFileSync(join(folder, "data/status/device", name), "utf8"),
    );
    for (const text of [stdout, stderr, told.stdout, ...files]) expect(text).not.toContain("hunter2");
  });

  it("answers others while it spins, and leaves no process behind when the device is killed", async () => {
    const folder = makeHome();
    const device = await startHome(folder);
    send(folder, "spin", "spin()");
    const pid = Number(
      await eventually("the spin", () =>
        existsSync(join(folder, "spinning")) ? readFileSync(join(folder, "spinning"), "utf8") || undefined : undefined,
      ),
    );
    put(folder, "data/incoming/slow/commands.json", { id: "meanwhile", commands: [{ command: "wait(1)" }] });
    await eventually("the other service", () =>
      existsSync(join(folder, "data/status/slow/results/meanwhile.json")) ? true : undefined,
    );
    expect(isAlive(pid)).toBe(true);
    device.child.kill("SIGKILL");
    await device.ended;
    await eventually("its end", () => (isAlive(pid) ? undefined : true));
    const next = await startHome(folder);
    expect(resultsOf(await reportOf(folder, "spin"))).toEqual(["interrupted"]);
    next.child.kill("SIGTERM");
    expect((await next.ended).code).toBe(0);
  });

  it("lets a command restart the device, and asks it again afterwards", async () => {
    const folder = makeHome();
    const device = await startHome(folder);
    send(folder, "again", "again()");
    expect((await device.ended).code).toBe(4);
    const next = await startHome(folder);
    expect(resultsOf(await reportOf(folder, "again"))).toEqual([{ n: 1 }]);
    next.child.kill("SIGTERM");
    await next.ended;
  });

  it("is looked at without being started: services, check, doctor", async () => {
    const folder = makeHome();
    const services = await rustiq(folder, ["services", "--json"]);
    const listed = JSON.parse(services.stdout).services.find(({ service }: { service: string }) => service === "guest");
    expect(listed.commands.find(({ name }: { name: string }) => name === "set").parameters).toMatchObject([
      { name: "level", required: true, schema: { type: "integer", maximum: 9 } },
    ]);
    put(folder, "document.json", [{ command: "set(10)" }, { command: "set(9)" }]);
    const check = await rustiq(folder, ["check", "document.json", "--service", "guest"]);
    expect([check.code, check.stdout]).toEqual([1, expect.stringContaining("2 commands, 1 fault")]);
    const doctor = await rustiq(folder, ["doctor", "--json", "--no-probe"]);
    expect(JSON.parse(doctor.stdout).problems).toEqual([]);
  });

  it("tells everything that is wrong with it, and the others run on", async () => {
    const folder = makeHome({
      plugins: ["apps", { use: "./guest.mjs", isolate: "process", config: { level: "much" } }],
    });
    const device = await startHome(folder);
    const outcome = await rustiq(folder, ["services", "--json"]);
    expect(JSON.parse(outcome.stdout).failed).toMatchObject([
      { use: "./guest.mjs", faults: [{ code: "plugin-config", message: expect.stringContaining("level: ") }] },
    ]);
    send(folder, "fails", "who()");
    expect(resultsOf(await reportOf(folder, "fails"))).toEqual(["service-failed"]);
    put(folder, "data/incoming/apps/commands.json", { id: "fine", commands: [{ command: "get_apps()" }] });
    await eventually("the other", () =>
      existsSync(join(folder, "data/status/apps/results/fine.json")) ? true : undefined,
    );
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  });

  it("ends an aborted start without a process left", async () => {
    const folder = makeHome({
      plugins: [
        { use: "./guest.mjs", isolate: "process" },
        { use: "./nothing.mjs", on_failure: "abort" },
      ],
    });
    const ended = await start(folder, ["run"]).ended;
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("nothing.mjs")]);
  });
});
