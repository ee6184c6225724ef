import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeDevice, put, readJson, rustiq, type Started, start, startDevice } from "../cli/rustiq.ts";
import { eventually } from "./device.ts";

/** A service that does what no plugin should, each by a command of its own or where its config says. */
const careless = `
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { writeFileSync } from "node:fs";
import { CALLS, defineService, z } from "rustiq/plugin";
const spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
const command = { about: "Does it.", args: {}, result: z.unknown(), effect: "read" };
const names = ["fine", "exit", "abort", "kill", "ask", "later", "hold", "hang", "flood", "again", "listen"];
export default defineService({
  api: 1, service: "careless", about: "Does what it should not.",
  commands: Object.fromEntries(names.map((name) => [name, command])),
  config: z.strictObject({ at: z.string().default("") }),
  start: ({ config, log, get, onStop }) => {
    if (config.at === "globals") { Array.prototype.map = () => []; delete JSON.parse; }
    if (config.at === "addition") String.prototype.shout = function () { return this + "!"; };
    if (config.at === "leak") {
      setInterval(() => {}, 1000); setTimeout(() => {}, 60000); createServer().listen(0, "127.0.0.1");
      onStop(() => log.info("released"));
    }
    return {
      fine: () => [1, 2].map((one) => one + 1),
      exit: () => process.exit(7),
      abort: () => process.abort(),
      kill: () => process.kill(process.pid, "SIGKILL"),
      ask: () => process.kill(process.pid, 0),
      later: () => { setTimeout(() => process.exit(7), 5); return null; },
      hold: () => { setTimeout(() => { spin(2000); writeFileSync("held", ""); }, 5); return null; },
      hang: () => { while (true); },
      flood: () => { for (let line = 0; line < 10000; line++) log.info("line " + line); return null; },
      again: async (_, { signal }) => (await get(CALLS).run("again()", { owner: "careless", signal })).result,
      listen: () => new Promise((resolve) => {
        const server = createServer((socket) => socket.on("data", () => { server.close(); throw new Error("lost in a socket"); }));
        server.listen(0, "127.0.0.1", () => resolve(server.address().port));
      }),
    };
  },
});
`;

function makeCareless(config: object = {}, more: object = {}): string {
  const plugins = ["apps", "transfer", { use: "./careless.mjs", config }];
  const folder = makeDevice({ plugins, poll: { interval_ms: 200, jitter: 0 }, ...more });
  writeFileSync(join(folder, "careless.mjs"), careless);
  return folder;
}

let count = 0;
async function ask(folder: string, service: string, command: string): Promise<Record<string, unknown>> {
  count += 1;
  const id = `b${count}`;
  put(folder, `data/incoming/${service}/commands.json`, { id, commands: [{ command }] });
  const path = `data/status/${service}/results/${id}.json`;
  await eventually(`the report of ${command}`, () => existsSync(join(folder, path)) || undefined);
  return readJson(folder, path).commands[0];
}

const parseLines = (stderr: string): Record<string, unknown>[] =>
  stderr.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));

async function stop(device: Started) {
  device.child.kill("SIGTERM");
  const { code, stderr } = await device.ended;
  return { code, lines: parseLines(stderr) };
}

describe("a plugin that would end the device", () => {
  it.concurrent.each([
    ["exit", "process.exit(7)"],
    ["abort", "process.abort()"],
    ["kill", /^process\.kill\(\d+, "SIGKILL"\)$/],
  ])("by %s is accused instead, and the others run on", async (command, call) => {
    const folder = makeCareless();
    const device = await startDevice(folder);
    const { status, error } = await ask(folder, "careless", `${command}()`);
    expect(status).toBe("error");
    expect(error).toMatchObject({ code: "plugin-exit" });
    const said = /plugin careless called (.*), which would end the device/.exec(String((error as Error).message))?.[1];
    expect(said).toMatch(call);
    const after = await ask(folder, "careless", "fine()");
    expect(after["error"]).toMatchObject({
      code: "service-failed",
      message: `service careless is not running: it called ${said}, which would end the device`,
    });
    expect(await ask(folder, "apps", "get_app_status()")).toMatchObject({ status: "ok" });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    const accusations = lines.filter(({ msg }) => String(msg).includes("which would end the device"));
    expect(accusations[0]).toMatchObject({ level: "error", plugin: "careless" });
  });

  it.concurrent("from a timer is accused once", async () => {
    const folder = makeCareless();
    const device = await startDevice(folder);
    await ask(folder, "careless", "later()");
    await eventually("the failure of the service", async () => {
      const { status } = await ask(folder, "careless", "fine()");
      return status === "error" || undefined;
    });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines.filter(({ level }) => level === "error").map(({ msg }) => msg)).toEqual([
      "plugin careless: it called process.exit(7), which would end the device",
    ]);
  });

  it.concurrent("while its module is loaded is not used, and may only ask whether processes live", async () => {
    const folder = makeCareless();
    writeFileSync(join(folder, "quits.mjs"), 'import "node:fs";\nprocess.exit(0);\n');
    const plugins = ["apps", "./careless.mjs", "./quits.mjs"];
    put(folder, "rustiq.json", { device_id: "bench-7", plugins, poll: { interval_ms: 200 } });
    const device = await startDevice(folder);
    expect(await ask(folder, "careless", "ask()")).toMatchObject({ status: "ok", result: "true" });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines.map(({ msg }) => msg).join("\n")).toContain(
      "failed to load: plugin quits called process.exit(0), which would end the device",
    );
  });
});

describe("an error that a module loses which goes on after it was loaded", () => {
  const later = (text: string) => `setTimeout(() => { throw new Error("${text}"); }, 300);`;

  it.concurrent("costs its service alone, and nothing where it was refused", async () => {
    const folder = makeCareless();
    writeFileSync(join(folder, "careless.mjs"), `${careless}\n${later("lost by the module")}`);
    writeFileSync(join(folder, "refused.mjs"), later("lost by a stranger"));
    const plugins = ["apps", "./careless.mjs", "./refused.mjs"];
    put(folder, "rustiq.json", { device_id: "bench-7", plugins, poll: { interval_ms: 200 } });
    const device = await startDevice(folder);
    await eventually("both errors", () => (device.log().match(/nobody caught/g)?.length === 2 ? true : undefined));
    expect((await ask(folder, "careless", "fine()"))["error"]).toMatchObject({ code: "service-failed" });
    expect(await ask(folder, "apps", "get_app_status()")).toMatchObject({ status: "ok" });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    const told = lines.map(({ msg }) => msg).filter((msg) => String(msg).includes("nobody caught"));
    expect(told.sort()).toEqual([
      "plugin careless: nobody caught its error: lost by the module",
      "plugin refused, which is not used: nobody caught its error: lost by a stranger",
    ]);
  });
});

describe("a plugin that holds the event loop", () => {
  it.concurrent("is named when it lets it go, in the log and in the heartbeat", async () => {
    const folder = makeCareless({}, { heartbeat_ms: 500 });
    const device = await startDevice(folder);
    await ask(folder, "careless", "hold()");
    const beat = await eventually("the heartbeat that tells of it", () => {
      const path = "data/status/device/heartbeat.json";
      const { stalls } = existsSync(join(folder, path)) ? readJson(folder, path) : { stalls: undefined };
      return stalls?.count > 0 ? stalls : undefined;
    });
    expect(beat).toMatchObject({ count: 1, last: { plugin: "careless", ms: beat.longest_ms } });
    expect(beat.longest_ms).toBeGreaterThan(1000);
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    const told = lines.filter(({ msg }) => String(msg).startsWith("the event loop stood still"));
    expect(told).toMatchObject([{ level: "warn", plugin: "careless" }]);
  });

  it.concurrent("for ever ends the process by its name; after three starts the next document runs", async () => {
    const folder = makeCareless({}, { limits: { stall_ms: 1000 } });
    const commands = [{ command: "fine()" }, { command: "hang()" }, { command: "fine()" }];
    put(folder, "data/incoming/careless/commands.json", { id: "hangs", commands });
    for (let life = 1; life <= 3; life++) {
      const { code, stderr } = await start(folder, ["run"]).ended;
      expect(code).not.toBe(0);
      expect(parseLines(stderr).at(-1)).toEqual({
        level: "error",
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        plugin: "careless",
        msg: "the device ends: its event loop has stood still for 1000 ms (limits.stall_ms); plugin careless was entered last",
        hint: expect.any(String),
      });
    }
    const device = await startDevice(folder);
    const path = "data/status/careless/results/hangs.json";
    await eventually("the report of the batch", () => existsSync(join(folder, path)) || undefined);
    const report = readJson(folder, path);
    expect(report).toMatchObject({ general_status: "error", error: { code: "quarantined" } });
    const codes = report.commands.map((entry: { error?: { code: string } }) => entry.error?.code ?? "ok");
    expect(codes).toEqual(["ok", "interrupted", "quarantined"]);
    expect(await ask(folder, "careless", "fine()")).toMatchObject({ status: "ok", result: "[2,3]" });
    expect((await stop(device)).code).toBe(0);
  }, 60_000);
});

describe("a plugin that changes what all code shares", () => {
  it.concurrent("in its start is refused, and it is put back", async () => {
    const folder = makeCareless({ at: "globals" });
    const device = await startDevice(folder);
    const { error } = await ask(folder, "careless", "fine()");
    const message =
      "plugin careless changes what all code of this process shares: Array.prototype.map, JSON.parse (it was put back)";
    expect(error).toMatchObject({ code: "service-failed", message: `service careless is not running: ${message}` });
    expect(await ask(folder, "apps", "get_app_status()")).toMatchObject({ status: "ok" });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([{ plugin: "careless", msg: message }]);
  });

  it.concurrent("in its module is refused by name, on the command line too", async () => {
    const folder = makeCareless();
    writeFileSync(join(folder, "careless.mjs"), `Promise.prototype.then = () => null;\n${careless}`);
    const { code, stderr } = await rustiq(folder, ["plugin", "check", "./careless.mjs"]);
    expect(stderr).toContain("careless.mjs changes what all code of this process shares: Promise.prototype.then");
    expect(code).toBe(2);
  });

  it.concurrent("by an addition is warned about, and runs", async () => {
    const folder = makeCareless({ at: "addition" });
    const device = await startDevice(folder);
    expect(await ask(folder, "careless", "fine()")).toMatchObject({ status: "ok" });
    const { lines } = await stop(device);
    expect(lines.filter(({ level }) => level === "warn")).toMatchObject([
      {
        plugin: "careless",
        msg: "plugin careless adds to what all code of this process shares: String.prototype.shout",
      },
    ]);
  });
});

describe("a plugin that", () => {
  it.concurrent("leaves timers and servers behind is named at the stop", async () => {
    const device = await startDevice(makeCareless({ at: "leak" }));
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines.filter(({ level }) => level === "warn")).toMatchObject([
      {
        plugin: "careless",
        msg: "plugin careless left behind 2 timers, 1 socket server; release them with context.onStop",
      },
    ]);
  });

  it.concurrent("floods the log is cut short, and nobody else is", async () => {
    const folder = makeCareless();
    const device = await startDevice(folder);
    await ask(folder, "careless", "flood()");
    const { lines } = await stop(device);
    expect(lines.filter(({ msg }) => /^line \d+$/.test(String(msg))).length).toBeLessThan(300);
    expect(lines.map(({ msg }) => msg).join("\n")).toMatch(/plugin careless: 9[78]\d\d log lines were left out/);
    expect(lines.map(({ msg }) => msg)).toContain("a batch was taken");
  });

  it.concurrent("calls itself without end is refused at a depth", async () => {
    const folder = makeCareless();
    const device = await startDevice(folder);
    const { status, result } = await ask(folder, "careless", "again()");
    expect(status).toBe("ok");
    expect(result).toContain(
      "careless.again is not called: 16 calls run inside one another already (… > careless.again",
    );
    expect((await stop(device)).code).toBe(0);
  });

  it.concurrent("throws where a stranger's bytes come in loses its service alone", async () => {
    const folder = makeCareless();
    const device = await startDevice(folder);
    const { result } = await ask(folder, "careless", "listen()");
    connect(Number(result), "127.0.0.1")
      .on("error", () => undefined)
      .end("hello");
    await eventually("the failure of the service", async () => {
      const { status } = await ask(folder, "careless", "fine()");
      return status === "error" || undefined;
    });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([
      { plugin: "careless", msg: "plugin careless: nobody caught its error: lost in a socket" },
    ]);
  });
});

it("starts no thread where only built-in plugins run", async () => {
  const folder = makeDevice({ plugins: ["apps"] });
  const device = await startDevice(folder);
  const tasks = readFileSync(`/proc/${device.child.pid}/status`, "utf8");
  const withStranger = await startDevice(makeCareless());
  const others = readFileSync(`/proc/${withStranger.child.pid}/status`, "utf8");
  const threads = (text: string) => Number(/Threads:\s+(\d+)/.exec(text)?.[1]);
  expect(threads(tasks)).toBeLessThan(threads(others));
  await Promise.all([stop(device), stop(withStranger)]);
});
