import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { makeDevice, put, readJson, rustiq, type Started, startDevice } from "../cli/rustiq.ts";
import { eventually } from "./device.ts";

const gallery = fileURLToPath(new URL("../fixtures/gallery", import.meta.url));
const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));

type Entry = string | { readonly use: string; readonly [member: string]: unknown };
const pathOf = (name: string) => `./${name}.mjs`;
const entryOf = (entry: Entry) =>
  typeof entry === "string" ? { use: pathOf(entry) } : { ...entry, use: pathOf(entry.use) };

/** A device with the witness and these of the gallery, in a folder with the packages that some of them bring themselves. */
function makeHome(entries: readonly Entry[]): string {
  const plugins = [{ use: pathOf("witness") }, ...entries.map(entryOf)];
  const folder = makeDevice({ plugins, heartbeat_ms: 300, poll: { interval_ms: 200, jitter: 0 } });
  cpSync(gallery, folder, { recursive: true });
  for (const name of ["zod", "tsyringe", "tslib", "reflect-metadata"]) {
    cpSync(join(packages, name), join(folder, "node_modules", name), { recursive: true });
  }
  return folder;
}

let device: Started | undefined;
afterEach(() => {
  device?.child.kill("SIGKILL");
  device = undefined;
});

let count = 0;
interface Answer {
  readonly status: string;
  readonly result: string;
  readonly error?: { readonly code: string };
}

/** Sends one command and waits for its result. */
async function ask(folder: string, service: string, command: string, limitMs = 20_000): Promise<Answer> {
  count += 1;
  const id = `ask-${count}`;
  put(folder, `data/incoming/${service}/commands.json`, { id, commands: [{ command }] });
  const path = `data/status/${service}/results/${id}.json`;
  const report = await eventually(
    `the report of ${service}`,
    () => (existsSync(join(folder, path)) ? readJson(folder, path) : undefined),
    limitMs,
  );
  return report.commands[0];
}

/** What the heartbeat says of a service, once it says what is waited for. */
function stateOf(folder: string, service: string, wanted: RegExp): Promise<string> {
  return eventually(
    `${service}: ${wanted}`,
    () => {
      const path = "data/status/device/heartbeat.json";
      if (!existsSync(join(folder, path))) return undefined;
      const said: string | undefined = readJson(folder, path).plugins[service];
      return said !== undefined && wanted.test(said) ? said : undefined;
    },
    15_000,
  );
}

const cases: readonly (readonly [entry: Entry, code: string, state: RegExp])[] = [
  ["throws-at-import", "plugin-import", /^failed: .*throws-at-import\.mjs failed to load: no licence found$/],
  ["hangs-at-import", "plugin-import", /^failed: .*takes longer than 10000 ms to load$/],
  ["exits-at-import", "plugin-import", /^failed: .*called process\.exit/],
  ["syntax-error", "plugin-import", /^failed: .*failed to load: Unexpected token/],
  ["no-default-export", "plugin-export", /^failed: .*found no default export$/],
  ["wrong-brand", "plugin-export", /^failed: .*made by defineService or defineStore; found a plain object$/],
  ["old-api", "plugin-api", /^failed: .*made for plugin api 0; this runtime offers 1$/],
  ["illegal-name", "plugin-contract", /^failed: .*the service name "Illegal Name" must be a lower-case letter/],
  ["trap", "plugin-contract", /^failed: .*do not look$/],
  [
    "duplicate-service",
    "plugin-duplicate",
    /^failed: .*service witness is already taken by plugins\[0\] \.\/witness\.mjs$/,
  ],
  [
    "duplicate-bare",
    "plugin-duplicate",
    /^failed: .*bare command see is already taken by plugins\[0\] \.\/witness\.mjs$/,
  ],
  [{ use: "bad-config", config: { pin: "four" } }, "plugin-config", /^failed: .*pin: found .*, expected a number$/],
  [
    "foreign-zod",
    "plugin-zod",
    /^failed: .*parameter level of command go \(and 1 more\) is made with zod 4\.[\d.]+, a copy other than the runtime's own/,
  ],
  [
    "modifies-globals",
    "plugin-globals",
    /^failed: .*(Array\.prototype\.map|JSON\.parse|Object\.prototype\.hasOwnProperty)/,
  ],
  [{ use: "spins-at-import", isolate: "process" }, "plugin-import", /^failed: .*takes longer than 10000 ms to load$/],
  [{ use: "not-there" }, "plugin-unresolved", /^failed: .*not-there\.mjs does not exist/],
  [
    "foreign-tsyringe",
    "",
    /^failed: .*Lamp cannot be made: it is marked with a copy of tsyringe other than the runtime's own/,
  ],
  ["hangs-in-start", "", /^failed: .*takes longer than 10000 ms to start$/],
  ["throws-in-start", "", /^failed: .*did not start: the serial port is gone$/],
  ["missing-handler", "", /^failed: .*start answered no function for stop$/],
  ["extra-handler", "", /^failed: .*handlers of no declared command: come$/],
];

const inside: readonly (readonly [name: string, command: string, answer: object, state: RegExp])[] = [
  ["lying-result", "go()", { error: { code: "result-invalid" } }, /^running$/],
  ["ignores-abort", "go()", { error: { code: "command-timeout" } }, /^stuck: go goes on although it was told to end$/],
  ["never-ends", "go()", { error: { code: "command-timeout" } }, /^stuck: /],
  ["never-ends", "see()", { error: { code: "service-failed" } }, /^stuck: /],
  ["stalls", "go()", { result: "1" }, /^running$/],
  ["leaks-timers", "go()", { result: "1" }, /^running$/],
  ["leaks-server", "go()", { result: "1" }, /^running$/],
  ["throws-in-timer", "go()", { result: "1" }, /^failed: .*the timer fell over$/],
  ["rejects-unhandled", "go()", { result: "1" }, /^failed: .*the promise fell over$/],
  ["exits-the-process", "go()", { error: { code: "plugin-exit" } }, /^failed: .*process\.exit/],
  ["aborts-the-process", "go()", { error: { code: "plugin-exit" } }, /^failed: .*process\.abort/],
  ["kills-the-process", "go()", { error: { code: "plugin-exit" } }, /^failed: .*process\.kill/],
  ["floods-the-log", "go()", { result: "1" }, /^running$/],
  ["answers-100-mb", "go()", { error: { code: "result-too-large" } }, /^running$/],
  ["modifies-arguments", "go([1])", { result: '"done"' }, /^running$/],
  ["modifies-arguments", "see([1, 2])", { result: "[1,2]" }, /^running$/],
  [
    "calls-itself",
    "go()",
    { status: "ok", result: expect.stringContaining("16 calls run inside one another") },
    /^running$/,
  ],
  ["throws-anything", "go()", { error: { code: "command-failed" } }, /^running$/],
  ["throws-anything", "come()", { error: { code: "command-failed" } }, /^running$/],
  ["throws-in-schema", "go(1)", { error: { code: "argument-invalid" } }, /^running$/],
  ["hangs-in-stop", "go()", { result: "1" }, /^running$/],
];

const apart: readonly (readonly [name: string, command: string, answer: object, then: string, crash: RegExp])[] = [
  ["spins", "go()", { error: { code: "command-timeout" } }, "see()", /went on for 2000 ms after it was told to end/],
  ["never-ends", "go()", { error: { code: "command-timeout" } }, "see()", /went on for 2000 ms/],
  ["eats-memory", "go()", { error: { code: "interrupted" } }, "see()", /outgrew the \d+ bytes of memory/],
  ["exits-the-process", "go()", { error: { code: "interrupted" } }, "", /ended with code 0/],
  ["aborts-the-process", "go()", { error: { code: "interrupted" } }, "see()", /ended by SIGABRT/],
  ["kills-the-process", "go()", { error: { code: "interrupted" } }, "see()", /ended by SIGKILL/],
  ["throws-in-timer", "go()", { result: "1" }, "go()", /nobody caught its error: the timer fell over/],
  ["rejects-unhandled", "go()", { result: "1" }, "go()", /nobody caught its error: the promise fell over/],
];

const unharmed: readonly (readonly [name: string, command: string, answer: object])[] = [
  ["answers-100-mb", "go()", { error: { code: "result-too-large" } }],
  ["floods-the-log", "go()", { result: "1" }],
  ["lying-result", "go()", { error: { code: "result-invalid" } }],
  ["modifies-arguments", "go([1])", { result: '"done"' }],
  ["calls-itself", "go()", { status: "ok", result: expect.stringContaining("16 calls run inside one another") }],
  ["throws-in-schema", "go(1)", { error: { code: "argument-invalid" } }],
  ["leaks-timers", "go()", { result: "1" }],
];

const nameOf = (entry: Entry) => (typeof entry === "string" ? entry : entry.use);

describe("a plugin that cannot be used", () => {
  it("is told with its place, its code and its cure, and the others run: all of them in one device", async () => {
    const folder = makeHome(cases.map(([entry]) => entry));
    const starting = startDevice(folder);
    const listing = rustiq(folder, ["plugins", "--json"]);
    device = await starting;
    expect(await ask(folder, "witness", "see()")).toMatchObject({ status: "ok", result: "1" });
    // A second one of a name is known by its file.
    for (const [entry, , state] of cases) await stateOf(folder, nameOf(entry), state);
    const listed = await listing;
    expect(listed.code).toBe(1);
    const rows: { use: string; faults?: { code: string; message: string; hint?: string }[] }[] = JSON.parse(
      listed.stdout,
    ).plugins;
    for (const [index, [entry, code]] of cases.entries()) {
      const { use } = entryOf(entry);
      const faults = rows.find((row) => row.use === use)?.faults ?? [];
      expect([use, faults[0]?.code ?? ""]).toEqual([use, code]);
      for (const { message, hint } of faults) {
        expect(message).toContain(`plugins[${index + 1}]`);
        expect(hint).toEqual(expect.stringMatching(/\w/));
      }
    }
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  }, 120_000);
});

describe("a plugin that misbehaves", () => {
  it("costs its own service alone, and the others answer meanwhile: all of them in one device", async () => {
    const folder = makeHome([...new Set(inside.map(([name]) => name))]);
    device = await startDevice(folder);
    for (const [name, command, answer, state] of inside) {
      const asked = ask(folder, name, command);
      const seen = await ask(folder, "witness", "see()");
      expect([name, seen.status]).toEqual([name, "ok"]);
      expect({ name, ...(await asked) }).toMatchObject({ name, ...answer });
      await stateOf(folder, name, state);
    }
    // It has ended by now.
    await stateOf(folder, "ignores-abort", /^running$/);
    expect(await ask(folder, "ignores-abort", "see()")).toMatchObject({ result: "1" });
    device.child.kill("SIGTERM");
    const { code, stderr } = await device.ended;
    expect(code).toBe(0);
    for (const told of [
      /event loop stood still .*stalls/,
      /plugin leaks-timers left behind 2 timers/,
      /plugin leaks-server left behind 1 .*server/,
      /plugin floods-the-log: \d+ log lines were left out/,
      /plugin hangs-in-stop did not stop cleanly: its releases take longer than 5000 ms/,
      /released first in, last out/,
    ]) {
      expect(stderr).toMatch(told);
    }
    expect(stderr.split("floods-the-log").length).toBeLessThan(1000);
  }, 120_000);

  it("cannot harm the device from a process of its own, and comes back", async () => {
    const names = [...apart.map(([name]) => name), ...unharmed.map(([name]) => name)];
    const folder = makeHome(names.map((use) => ({ use, isolate: "process", memory_bytes: 768 * 2 ** 20 })));
    device = await startDevice(folder);
    for (const [name, command, answer] of [...apart, ...unharmed]) {
      const asked = ask(folder, name, command, 60_000);
      const seen = await ask(folder, "witness", "see()");
      expect([name, seen.status]).toEqual([name, "ok"]);
      expect({ name, ...(await asked) }).toMatchObject({ name, ...answer });
    }
    for (const [name, , , then, crash] of apart) {
      if (then !== "") expect([name, (await ask(folder, name, then, 60_000)).status]).toEqual([name, "ok"]);
      await eventually(`${name}: ${crash}`, () => {
        const { processes } = readJson(folder, "data/status/device/heartbeat.json");
        return crash.test(processes?.[name]?.last_crash ?? "") ? true : undefined;
      });
    }
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  }, 240_000);
});

describe("a store backend that is not right", () => {
  const backend = (name: string, driver: string) => `
    import { defineStore, noCapabilities, z } from "rustiq/plugin";
    export default defineStore({ api: 1, backend: "${name}", about: "A bad example.", config: z.looseObject({}), can: noCapabilities, open: () => (${driver}) });`;

  it("is told what its driver lacks", async () => {
    const folder = makeHome([]);
    put(folder, "half.mjs", backend("half", "{ head() {}, read() {}, write() {} }"));
    const stores = [{ store_name: "contents", backend: "half" }];
    put(folder, "rustiq.json", { plugins: ["./half.mjs"], stores });
    const { code, stderr } = await rustiq(folder, ["store", "ls", "contents"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("open answered no function for list, remove")]);
  });

  it("takes no built-in word with it when it asks for one without saying so", async () => {
    const folder = makeHome([]);
    put(folder, "mine.mjs", backend("fs", "{}"));
    put(folder, "rustiq.json", { plugins: ["apps", "./mine.mjs"], poll: { interval_ms: 200 } });
    device = await startDevice(folder);
    expect(await ask(folder, "apps", "get_apps()")).toMatchObject({ status: "ok" });
    device.child.kill("SIGTERM");
    const { code, stderr } = await device.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining("backend fs is already taken by the built-in fs")]);
  });
});

it("has a case for every plugin of the gallery", () => {
  const used = [...cases.map(([entry]) => nameOf(entry)), ...[...inside, ...apart, ...unharmed].map(([name]) => name)];
  const there = readdirSync(gallery).map((file) => file.replace(/\.mjs$/, ""));
  expect(there.filter((name) => name !== "witness" && !used.includes(name))).toEqual([]);
  expect(there.length).toBeGreaterThan(25);
});
