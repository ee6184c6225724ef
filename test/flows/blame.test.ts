import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeDevice, put, readJson, type Started, start, startDevice } from "../cli/rustiq.ts";
import { eventually } from "./device.ts";

/** A service that loses errors in every way there is, and a store backend that does. */
const careless = `
import { defineService, z } from "rustiq/plugin";
const lose = (text) => setTimeout(() => { throw new Error(text); }, 5);
const command = { about: "Loses an error.", args: {}, result: z.null(), effect: "read" };
export default defineService({
  api: 1, service: "careless", about: "Loses errors.",
  commands: { timer: command, promise: command, text: command, listener: { ...command, timeoutMs: 100 }, fine: command },
  config: z.strictObject({ at: z.string().default("") }),
  start: ({ config, onStop }) => {
    if (config.at === "start") lose("lost in the start");
    if (config.at === "stop") onStop(() => { lose("lost in a release"); return new Promise((r) => setTimeout(r, 100)); });
    return {
      timer: () => { lose("lost in a timer"); return null; },
      promise: () => { void Promise.reject(new Error("a lost rejection")); return null; },
      text: async () => { setTimeout(() => void Promise.reject("a lost text"), 5); await null; return null; },
      listener: (_, { signal }) => new Promise((resolve) => {
        signal.addEventListener("abort", () => { resolve(null); throw new Error("lost in a listener"); });
      }),
      fine: () => null,
    };
  },
});
`;

const shelf = `
import { defineStore, noCapabilities, z } from "rustiq/plugin";
import { writeFileSync } from "node:fs";
export default defineStore({
  api: 1, backend: "shelf", about: "Loses errors.", can: noCapabilities, config: z.looseObject({}),
  open: () => ({
    head: async () => "missing",
    read: async () => ({ status: "missing" }),
    write: async (key, body) => ({ key, size: body.byteLength ?? body.size, etag: "1", modifiedAt: 0 }),
    async *list() {
      setTimeout(() => { writeFileSync("lost", ""); throw new Error("lost in a listing"); }, 5);
      yield { key: "a", size: 1, etag: "1", modifiedAt: 0 };
    },
    remove: async () => undefined,
  }),
});
`;

function makeCareless(config: object = {}, more: object = {}): string {
  const plugins = ["apps", "transfer", { use: "./careless.mjs", config }, "./shelf.mjs"];
  const folder = makeDevice({ plugins, poll: { interval_ms: 200, jitter: 0 }, ...more });
  writeFileSync(join(folder, "careless.mjs"), careless);
  writeFileSync(join(folder, "shelf.mjs"), shelf);
  return folder;
}

let count = 0;
async function ask(folder: string, service: string, command: string) {
  count += 1;
  const id = `b${count}`;
  put(folder, `data/incoming/${service}/commands.json`, { id, commands: [{ command }] });
  const path = `data/status/${service}/results/${id}.json`;
  await eventually(`the report of ${command}`, () => existsSync(join(folder, path)) || undefined);
  return readJson(folder, path).commands[0];
}

async function stop(device: Started) {
  device.child.kill("SIGTERM");
  const { code, stderr } = await device.ended;
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { code, lines: lines.filter(({ msg }) => msg.includes("nobody caught")) };
}

describe("an error that nobody caught", () => {
  it.concurrent.each([
    ["timer", "lost in a timer"],
    ["promise", "a lost rejection"],
    ["text", "a lost text"],
    ["listener", "lost in a listener"],
  ])("of a handler (%s) costs its service alone", async (command, reason) => {
    const folder = makeCareless();
    const device = await startDevice(folder);
    await ask(folder, "careless", `${command}()`);
    const after = await eventually("the failure of the service", async () => {
      const entry = await ask(folder, "careless", "fine()");
      return entry.status === "error" ? entry : undefined;
    });
    expect(after.error).toMatchObject({
      code: "service-failed",
      message: `service careless is not running: nobody caught its error: ${reason}`,
    });
    expect(await ask(folder, "apps", "get_app_status()")).toMatchObject({ status: "ok" });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines).toMatchObject([
      { level: "error", plugin: "careless", msg: `plugin careless: nobody caught its error: ${reason}` },
    ]);
  });

  it.concurrent("of a start fails its service alone", async () => {
    const folder = makeCareless({ at: "start" });
    const device = await startDevice(folder);
    const after = await eventually("the failure of the service", async () => {
      const entry = await ask(folder, "careless", "fine()");
      return entry.status === "error" ? entry : undefined;
    });
    expect(after.error.message).toContain("nobody caught its error: lost in the start");
    expect((await stop(device)).code).toBe(0);
  });

  it.concurrent("of a release does not keep the device from stopping cleanly", async () => {
    const folder = makeCareless({ at: "stop" });
    const device = await startDevice(folder);
    expect(await stop(device)).toMatchObject({
      code: 0,
      lines: [{ plugin: "careless", msg: "plugin careless: nobody caught its error: lost in a release" }],
    });
  });

  it.concurrent("of a store is told under the store's name, and the store is used on", async () => {
    const stores = [
      ...["incoming", "status"].map((name) => ({ store_name: name, path: `data/${name}` })),
      { store_name: "mine", backend: "shelf" },
    ];
    const folder = makeCareless({}, { stores });
    const device = await startDevice(folder);
    expect(await ask(folder, "transfer", "list('mine', '')")).toMatchObject({ status: "ok" });
    await eventually("the lost error", () => existsSync(join(folder, "lost")) || undefined);
    expect(await ask(folder, "transfer", "list('mine', '')")).toMatchObject({ status: "ok" });
    const { code, lines } = await stop(device);
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({
      plugin: "store mine",
      msg: "plugin store mine: nobody caught its error: lost in a listing",
    });
  });

  it.concurrent.each([
    ["a timer", "throw new Error('nobody is to blame');"],
    ["a rejection", "void Promise.reject(new Error('nobody is to blame'));"],
  ])("of %s that is nobody's ends the device", async (_, text) => {
    const folder = makeCareless();
    const [preload, go] = [join(folder, "preload.mjs"), join(folder, "go")];
    const look = `const look = setInterval(() => { if (existsSync(${JSON.stringify(go)})) { clearInterval(look); ${text} } }, 20);`;
    writeFileSync(preload, `import { existsSync } from "node:fs";\n${look}\n`);
    const device = start(folder, ["run"], { environment: { NODE_OPTIONS: `--import ${preload}` } });
    await device.sees("ready device=");
    writeFileSync(go, "");
    const { code, stderr } = await device.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("the device ends: nobody is to blame");
  });
});
