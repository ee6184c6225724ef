import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeDevice, put, rustiq, stack, startDevice } from "./rustiq.ts";

const service = (name: string, start = "({})") => `
import { defineService, z } from "rustiq/plugin";
export default defineService({
  api: 1, service: "${name}", about: "For tests.", config: z.strictObject({ pin: z.int().default(4) }), commands: {},
  start: () => ${start},
});`;
const failing = '{ throw new Error("no lamp there") }';

const backend = (name: string, open: string) => `
import { defineStore, noCapabilities, z } from "rustiq/plugin";
export default defineStore({
  api: 1, backend: "${name}", about: "For tests.", config: z.looseObject({}), can: noCapabilities, open: () => ${open},
});`;

/** A device with these entries, and the files that they may name. */
function makeWith(plugins: readonly unknown[], more: object = {}): string {
  const folder = makeDevice({ plugins, ...more });
  put(folder, "lamp.mjs", service("lamp"));
  put(folder, "lamp-2.mjs", service("lamp"));
  put(folder, "bad.mjs", service("bad", failing));
  put(folder, "screen.mjs", service("display"));
  put(folder, "throws.mjs", 'throw new Error("no such chip");');
  put(folder, "my-fs.mjs", backend("fs", '{ throw new Error("no disk") }'));
  put(folder, "shelf.mjs", backend("shelf", '{ throw new Error("no shelf") }'));
  return folder;
}

describe("rustiq plugins", () => {
  it.concurrent("shows what the device loads, before it ever started, and starts and makes nothing", async () => {
    const isolated = { use: "./lamp.mjs", name: "hall", on_failure: "abort" };
    const replacing = { use: "./screen.mjs", replaces: "display" };
    const folder = makeWith(["apps", "display", replacing, isolated, "./shelf.mjs", "./bad.mjs"]);
    const [people, json] = await Promise.all([rustiq(folder, ["plugins"]), rustiq(folder, ["plugins", "--json"])]);
    expect({ code: people.code, stderr: people.stderr }).toEqual({ code: 0, stderr: "" });
    const lines = people.stdout.replace(/\d+ ms/g, "5 ms").split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "bench-7  no heartbeat yet; loaded here, not started",
      "├ stores",
      "│ ├ config: fs, built-in fs, loaded in 5 ms",
    ]);
    expect(lines.slice(7)).toEqual([
      "└ plugins",
      "  ├ apps: service, built-in apps, loaded in 5 ms",
      "  ├ display: service, display, replaced by ./screen.mjs",
      "  ├ display: service, screen.mjs, replaces display, loaded in 5 ms",
      "  ├ hall: service lamp, lamp.mjs, the device does not start without it, loaded in 5 ms",
      "  ├ shelf: store, shelf.mjs, loaded in 5 ms",
      "  └ bad: service, bad.mjs, loaded in 5 ms",
      "",
    ]);
    const { device_id, heartbeat_time, stores, plugins } = JSON.parse(json.stdout);
    expect([json.code, device_id, heartbeat_time]).toEqual([0, "bench-7", null]);
    expect(stores[0]).toEqual({ name: "config", backend: "fs", file: "built-in fs", load_ms: expect.any(Number) });
    expect(plugins[1]).toEqual({
      ...{ name: "display", use: "display", kind: "service", service: "display" },
      ...{ isolate: "none", on_failure: "continue", replaced_by: "./screen.mjs" },
    });
    expect(plugins[3]).toEqual({
      ...{ name: "hall", use: "./lamp.mjs", kind: "service", service: "lamp", file: join(folder, "lamp.mjs") },
      ...{ isolate: "none", on_failure: "abort", load_ms: expect.any(Number) },
    });
    expect(plugins[4]).toMatchObject({ kind: "store", backend: "shelf" });
    expect([existsSync(join(folder, "state")), existsSync(join(folder, "data"))]).toEqual([false, false]);
  });

  it.concurrent("tells every fault of every plugin and of the stores' backends with its cure, and ends with 1", async () => {
    const stores = [
      { store_name: "incoming", backend: "@acme/none" },
      { store_name: "status", path: "out" },
    ];
    const config = { pin: "four" };
    const folder = makeWith(["./lamp.mjs", { use: "./lamp-2.mjs", config }, "./throws.mjs"], { stores });
    const [people, json] = await Promise.all([rustiq(folder, ["plugins"]), rustiq(folder, ["plugins", "--json"])]);
    expect([people.code, json.code]).toEqual([1, 1]);
    const found = JSON.parse(json.stdout);
    const codes = [...found.stores, ...found.plugins].map(({ faults }) =>
      faults?.map(({ code }: { code: string }) => code),
    );
    expect(codes).toEqual([
      ["plugin-unresolved"],
      undefined,
      undefined,
      ["plugin-duplicate", "plugin-config"],
      ["plugin-import"],
    ]);
    expect(people.stdout).toContain("│ ├ incoming: @acme/none, cannot be loaded\n│ │ └ stores[0].backend @acme/none:");
    expect(people.stdout).toContain(
      "  ├ lamp-2: lamp-2.mjs, cannot be loaded\n  │ ├ plugins[1] ./lamp-2.mjs: service lamp",
    );
    expect(people.stdout).toContain("    └ plugins[2] ./throws.mjs:");
    expect(people.stdout).toContain("failed to load: no such chip\n      └ hint: Run the file with");
    expect(people.stdout).not.toMatch(stack);
  });

  it.concurrent("says beside a running device what its last heartbeat says, and doctor says the same", async ({
    expect,
  }) => {
    const folder = makeWith(["./lamp.mjs", "./bad.mjs", "./throws.mjs"], { heartbeat_ms: 100 });
    const device = await startDevice(folder);
    const look = async () => JSON.parse((await rustiq(folder, ["plugins", "--json"])).stdout);
    await expect.poll(look, { timeout: 15_000 }).toMatchObject({ heartbeat_time: expect.any(String) });
    const { stores, plugins } = await look();
    expect(stores[0].last).toEqual({ open_ms: expect.any(Number), failed: false });
    expect(plugins.map(({ last }: { last: unknown }) => last)).toMatchObject([
      { state: "running", load_ms: expect.any(Number), start_ms: expect.any(Number) },
      { state: "failed", reason: "plugin bad did not start: no lamp there" },
      { state: "failed", reason: expect.stringContaining("no such chip") },
    ]);
    const { stdout } = await rustiq(folder, ["plugins"]);
    expect(stdout).toMatch(
      /lamp: service, lamp.mjs, loaded in \d+ ms; at the last heartbeat running, started in \d+ ms/,
    );
    expect(stdout).toContain("at the last heartbeat failed: plugin bad did not start: no lamp there");
    const doctor = JSON.parse((await rustiq(folder, ["doctor", "--json"])).stdout);
    const ill = "service bad is failed at the last heartbeat: plugin bad did not start: no lamp there";
    expect(doctor.problems).toEqual(["plugin throws cannot be loaded", ill]);
    expect((await look()).problems).toEqual(["plugin throws cannot be loaded", ill]);
    const timeless = (rows: readonly object[]) => rows.map((row) => ({ ...row, load_ms: 0 }));
    expect(timeless(doctor.plugins)).toEqual(timeless(plugins));
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  });
});

describe("a service that is not running by the last heartbeat", () => {
  it.concurrent("is a problem with its reason for plugins and doctor, which end with 1 although everything loads", async () => {
    const folder = makeWith(["./lamp.mjs", "./bad.mjs"]);
    const heartbeat = {
      ...{ device_id: "bench-7", runtime_version: "0.1.0", time: new Date().toISOString() },
      ...{ outbox: { depth: 0, bytes: 0 }, boot: { stores: [], services: [] } },
      plugins: { lamp: "stuck: light goes on", bad: "failed: it broke", far: "remote", slow: "running: begins again" },
    };
    const told = [
      "service lamp is stuck at the last heartbeat: light goes on",
      "service bad is failed at the last heartbeat: it broke",
    ];
    put(folder, "data/status/device/heartbeat.json", JSON.stringify(heartbeat));
    for (const command of ["plugins", "doctor"]) {
      const [people, json] = await Promise.all([rustiq(folder, [command]), rustiq(folder, [command, "--json"])]);
      expect([people.code, json.code]).toEqual([1, 1]);
      expect(people.stdout).toContain(`not right: ${told.join("; ")}`);
      expect(JSON.parse(json.stdout).problems).toEqual(told);
    }
  });
});

describe("a device whose plugin says on_failure: abort", () => {
  it.concurrent("does not start when that cannot be loaded: exit 2, every fault told, the state folder free again", async () => {
    const plugins = ["apps", { use: "./throws.mjs", on_failure: "abort" }, { use: "./lamp.mjs", config: { pin: "x" } }];
    const folder = makeWith(plugins);
    const { code, stdout, stderr } = await rustiq(folder, ["run"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("error[plugin-import]: 2 faults:\nplugins[1] ./throws.mjs:");
    expect(stderr).toContain("plugins[2].config of ./lamp.mjs: pin:");
    expect(stderr).toContain('"on_failure": "continue"');
    expect(await rustiq(folder, ["exec", "get_app_status()"])).toMatchObject({ code: 2, stdout: "" });
    put(folder, "throws.mjs", service("throws"));
    expect(await rustiq(folder, ["exec", "get_app_status()"])).toMatchObject({ code: 0 });
  });

  it.concurrent("does not start when that does not start: exit 1, and what was started is stopped", async () => {
    const folder = makeWith(["./first.mjs", { use: "./bad.mjs", on_failure: "abort" }, "./after.mjs"]);
    const mark = (name: string, files: string) => `
import { writeFileSync } from "node:fs";
import { defineService } from "rustiq/plugin";
export default defineService({
  api: 1, service: "${name}", about: "For tests.", commands: {},
  start: (context) => {
    writeFileSync("${files}.started", "");
    const timer = setInterval(() => {}, 1000);
    context.onStop(() => { clearInterval(timer); writeFileSync("${files}.stopped", ""); });
    return {};
  },
});`;
    put(folder, "first.mjs", mark("first", "first"));
    put(folder, "after.mjs", mark("after", "after"));
    const { code, stdout, stderr } = await rustiq(folder, ["run"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("error[plugin-start]: plugin bad did not start: no lamp there");
    const marks = ["first.started", "first.stopped", "after.started"].map((name) => existsSync(join(folder, name)));
    expect(marks).toEqual([true, true, false]);
  });

  it.concurrent("starts without it where the entry says nothing", async () => {
    const folder = makeWith(["apps", "./throws.mjs", "./bad.mjs"]);
    const { code, stdout } = await rustiq(folder, ["exec", "get_app_status()"]);
    expect({ code, stdout: JSON.parse(stdout) }).toEqual({ code: 0, stdout: {} });
  });
});

describe("a store plugin", () => {
  it.concurrent("that replaces a built-in backend is the one that is opened, and a needed store ends the start", async () => {
    const folder = makeWith(["./throws.mjs", { use: "./my-fs.mjs", replaces: "fs" }]);
    const { code, stderr } = await rustiq(folder, ["run"]);
    expect(code).toBe(1);
    expect(stderr).toContain("store incoming (backend fs) cannot be opened: no disk");
    expect(stderr).toContain("store status (backend fs) cannot be opened: no disk");
    expect(stderr).toContain("plugins[0] ./throws.mjs:");
  });

  it.concurrent("that cannot be loaded is not replaced in silence by the built-in one", async () => {
    const folder = makeWith([{ use: "./throws.mjs", replaces: "fs" }]);
    const { code, stderr } = await rustiq(folder, ["run"]);
    expect(code).toBe(2);
    expect(stderr).toContain("store incoming (backend fs) cannot be opened: plugins[0] ./throws.mjs:");
    const listing = await rustiq(folder, ["store", "ls", "contents"]);
    expect(listing).toMatchObject({ code: 2, stdout: "" });
  });

  it.concurrent("whose entry says abort ends the start also when a store that is not needed does not open", async () => {
    const stores = ["incoming", "status"].map((name) => ({ store_name: name, path: name }));
    const more = { stores: [...stores, { store_name: "extra", backend: "shelf" }] };
    const strict = await rustiq(makeWith([{ use: "./shelf.mjs", on_failure: "abort" }], more), ["run", "--once"]);
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining("store extra (backend shelf)") });
    expect(await rustiq(makeWith(["./shelf.mjs"], more), ["run", "--once"])).toMatchObject({ code: 0 });
  });
});
