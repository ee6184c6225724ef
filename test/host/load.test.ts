import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PluginEntry } from "../../core/config/configuration.ts";
import type { GatheredFaults } from "../../core/host/faults.ts";
import { type GivenPlugin, placeGiven, readGiven } from "../../core/host/given.ts";
import { importLimitMs } from "../../core/host/import.ts";
import { loadPlugins, refuseVitalFaults } from "../../core/host/load.ts";
import { defineService, defineStore, type Plugin } from "../../core/plugin/contract.ts";
import type { Modules } from "../../core/ports/modules.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { memoryStore } from "../../core/testkit/memory.ts";
import { configure } from "../command/around.ts";

const plain = (service: string, config?: z.ZodType) =>
  defineService({
    api: 1,
    service,
    about: "for tests",
    commands: {},
    start: () => ({}),
    ...(config ? { config } : {}),
  }) as unknown as Plugin; // any config

const bare = (service: string, command: string) =>
  ({
    ...plain(service),
    commands: { [command]: { about: "x", args: {}, result: z.null(), effect: "read", bare: true } },
  }) as Plugin;

const shelf = (backend: string) => defineStore({ ...memoryStore(), backend }) as unknown as Plugin; // any config

const lampConfig = z.strictObject({ pin: z.number().default(4), on: z.object({ level: z.number() }).optional() });

const notFound = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /device/rustiq.json`), {
    code: "ERR_MODULE_NOT_FOUND",
  });

const table: Readonly<Record<string, () => unknown>> = {
  "./lamp.js": () => ({ default: plain("lamp", lampConfig) }),
  "./bell.js": () => ({ default: plain("bell") }),
  "./shelf.js": () => ({ default: memoryStore() }),
  "./lamp-again.js": () => ({ default: plain("lamp") }),
  "./bare.js": () => ({}),
  "./lamp-broken.js": () => ({
    default: { ...plain("lamp", lampConfig), start: undefined, commands: { light: { about: "" } } },
  }),
  "./my-fs.js": () => ({ default: shelf("fs") }),
  "./my-apps.js": () => ({ default: plain("apps") }),
  "./status.js": () => ({ default: bare("status", "get_app_status") }),
  "./late-status.js": () => ({ default: bare("late", "get_app_status") }),
  "./old.js": () => ({ default: { ...plain("old"), api: 0 } }),
  "./wrong.js": () => ({ default: plain("Wrong") }),
  "./throws.js": () => {
    throw new SyntaxError("Unexpected token");
  },
  "./throws-text.js": () => Promise.reject("out of order"),
  "./hangs.js": () => new Promise(() => undefined),
  "./needs.js": () => Promise.reject(notFound("left-pad")),
  "./trap.js": () => ({
    default: Object.defineProperty({ ...plain("trap") }, "about", {
      get: () => {
        throw new Error("do not look");
      },
    }),
  }),
  "@acme/index.js": () => ({ default: undefined }),
  "@acme/lamp": () => ({ default: plain("acme") }),
  "@acme/missing": () => Promise.reject(notFound("@acme/missing")),
};

const located: string[] = [];
const modules: Modules = {
  version: () => "0.0.0",
  locate: (use) => {
    located.push(use);
    const load = Object.hasOwn(table, use) ? table[use] : undefined;
    if (load === undefined) throw new Error(`/device/${use} does not exist`);
    return { file: `/device/${use}`, import: async () => load() };
  },
};

const load = (
  entries: readonly (string | Partial<PluginEntry>)[],
  given: readonly (Plugin | GivenPlugin)[] = [],
  clock = new VirtualClock(),
) => {
  const plugins = entries.map((entry) => ({
    use: "",
    name: undefined,
    config: {},
    ...(typeof entry === "string" ? { use: entry } : entry),
  }));
  return loadPlugins({ ...configure(), plugins }, readGiven(given), { modules, clock });
};
const messages = async (...args: Parameters<typeof load>) =>
  (await load(...args)).failed.flatMap(({ faults }) => faults.map(({ code, message }) => [code, message]));

describe("loading", () => {
  it("takes built-in words, paths and packages, in the order of the configuration", async () => {
    const { loaded, failed } = await load(["display", "./lamp.js", "@acme/lamp", "./shelf.js"]);
    expect(failed).toEqual([]);
    expect(loaded.map(({ name, file, config }) => [name, file, config])).toEqual([
      ["display", "built-in display", expect.any(Object)],
      ["lamp", "/device/./lamp.js", { pin: 4 }],
      ["acme", "/device/@acme/lamp", {}],
      ["memory", "/device/./shelf.js", {}],
    ]);
  });

  it("calls a plugin by the name of its entry", async () => {
    const { loaded } = await load([{ use: "./lamp.js", name: "hall-lamp", config: { pin: 7 } }]);
    expect(loaded[0]).toMatchObject({ name: "hall-lamp", config: { pin: 7 }, plugin: { service: "lamp" } });
  });

  it.each([
    [
      "a misspelt built-in word",
      "dispaly",
      "plugin-unresolved",
      "plugins[0] dispaly: no built-in plugin, package or file of that name (/device/dispaly does not exist)",
    ],
    [
      "what every object has",
      "constructor",
      "plugin-unresolved",
      "plugins[0] constructor: no built-in plugin, package or file of that name (/device/constructor does not exist)",
    ],
    [
      "a package that is not installed",
      "@acme/missing",
      "plugin-unresolved",
      "plugins[0] @acme/missing: no built-in plugin, package or file of that name (no package of that name is installed there)",
    ],
    [
      "a package that misses another",
      "./needs.js",
      "plugin-import",
      "plugins[0] ./needs.js: /device/./needs.js failed to load: Cannot find package 'left-pad' imported from /device/rustiq.json",
    ],
    [
      "a module that throws",
      "./throws.js",
      "plugin-import",
      "plugins[0] ./throws.js: /device/./throws.js failed to load: Unexpected token",
    ],
    [
      "a module that throws a text",
      "./throws-text.js",
      "plugin-import",
      "plugins[0] ./throws-text.js: /device/./throws-text.js failed to load: out of order",
    ],
    [
      "a module without a default export",
      "./bare.js",
      "plugin-export",
      "plugins[0] ./bare.js: /device/./bare.js must have a default export made by defineService or defineStore; found no default export",
    ],
    [
      "a plugin for another api",
      "./old.js",
      "plugin-api",
      "plugins[0] ./old.js: /device/./old.js is made for plugin api 0; this runtime offers 1",
    ],
    [
      "a plugin with a wrong name",
      "./wrong.js",
      "plugin-contract",
      'plugins[0] ./wrong.js: /device/./wrong.js: the service name "Wrong" must be a lower-case letter, then letters, digits, _ or -, at most 64',
    ],
    [
      "a definition that cannot be read",
      "./trap.js",
      "plugin-contract",
      "plugins[0] ./trap.js: ./trap.js: do not look",
    ],
  ])("tells %s", async (_, use, code, message) => {
    expect(await messages([use])).toEqual([[code, message]]);
  });

  it("offers the near word", async () => {
    const { failed } = await load(["dispaly"]);
    expect(failed[0]?.faults[0]?.hint).toBe("did you mean 'display'?");
  });

  it("gives up on a module that never loads, and loads the others", async () => {
    const clock = new VirtualClock();
    const loading = load(["./hangs.js", "./lamp.js"], [], clock);
    await clock.advance(importLimitMs);
    const { loaded, failed } = await loading;
    expect(loaded.map(({ name }) => name)).toEqual(["lamp"]);
    expect(failed[0]?.faults[0]?.message).toBe(
      "plugins[0] ./hangs.js: /device/./hangs.js failed to load: it takes longer than 10000 ms to load",
    );
    expect(clock.pending).toBe(0);
  });

  it.each([
    ["a wrong value", "./lamp.js", { pin: "four" }, 'pin: found "four", expected a number'],
    [
      "several",
      "./lamp.js",
      { pin: true, on: {} },
      "pin: found true, expected a number; on.level: found nothing, expected a number",
    ],
    [
      "an unknown option",
      "./lamp.js",
      { pn: 4 },
      "pn: found an unknown member, expected one of pin, on (did you mean 'pin'?)",
    ],
    ["options where none are", "./bell.js", { pin: 4 }, "this plugin takes no options"],
    ["a store's options", "./shelf.js", { name: "x" }, "options of a store stand in the store's own entry"],
  ])("tells %s in the configuration of a plugin", async (_, use, config, reason) => {
    expect(await messages([{ use, config }])).toEqual([["plugin-config", `plugins[0].config of ${use}: ${reason}`]]);
  });

  it("lets a name be taken once, by services and by backends", async () => {
    expect(await messages(["./lamp.js", "./lamp-again.js", "./shelf.js", "./shelf.js"])).toEqual([
      ["plugin-duplicate", "plugins[1] ./lamp-again.js: service lamp is already taken by plugins[0] ./lamp.js"],
      ["plugin-duplicate", "plugins[3] ./shelf.js: backend memory is already taken by plugins[2] ./shelf.js"],
    ]);
  });

  it("refuses a backend that is a built-in word, and a bare command that is offered already", async () => {
    expect(await messages(["fs", "apps", "./my-fs.js", "./status.js", "./late-status.js"])).toEqual([
      ["plugin-duplicate", "plugins[2] ./my-fs.js: backend fs is already taken by the built-in fs"],
      ["plugin-duplicate", "plugins[3] ./status.js: bare command get_app_status is already taken by plugins[1] apps"],
      [
        "plugin-duplicate",
        "plugins[4] ./late-status.js: bare command get_app_status is already taken by plugins[1] apps",
      ],
    ]);
  });

  it("tells of one plugin its definition, its config and its name together", async () => {
    const { loaded, failed } = await load(["./lamp.js", { use: "./lamp-broken.js", config: { pin: "four" } }]);
    expect(loaded.map(({ use }) => use)).toEqual(["./lamp.js"]);
    expect(failed).toHaveLength(1);
    expect(failed[0]?.faults.map(({ code, message }) => [code, message])).toEqual([
      [
        "plugin-contract",
        expect.stringMatching(
          /: `start` must be a function; command light needs `about`.*; command light needs `args`/,
        ),
      ],
      ["plugin-duplicate", "plugins[1] ./lamp-broken.js: service lamp is already taken by plugins[0] ./lamp.js"],
      ["plugin-config", 'plugins[1].config of ./lamp-broken.js: pin: found "four", expected a number'],
    ]);
  });

  it("knows the name of a plugin that it cannot use, where nobody else has it", async () => {
    const config = { pin: "four" };
    const alone = await load([{ use: "./lamp.js", config }]);
    expect(alone.failed[0]).toMatchObject({ name: "lamp", provided: { kind: "service", name: "lamp" } });
    const second = await load(["./lamp.js", { use: "./lamp-again.js", config }]);
    expect(second.failed[0]).toMatchObject({ name: "lamp-again", provided: undefined });
  });

  it("loads what is listed and nothing else", async () => {
    located.length = 0;
    const { loaded } = await load(["display", "./bell.js", "@acme/lamp"]);
    expect(located).toEqual(["./bell.js", "@acme/lamp"]);
    expect(loaded.map(({ use }) => use)).toEqual(["display", "./bell.js", "@acme/lamp"]);
    expect(await load([])).toEqual({ loaded: [], failed: [], replaced: [] });
  });

  it("tells everything that is wrong with all of them, and loads what is right", async () => {
    const entries = [...Object.keys(table).filter((use) => use !== "./hangs.js"), "nothing-like-it"];
    const { loaded, failed } = await load(entries);
    const right = ["./lamp.js", "./bell.js", "./shelf.js", "./my-apps.js", "./status.js", "@acme/lamp"];
    expect(loaded.map(({ use }) => use)).toEqual(right);
    expect(failed).toHaveLength(entries.length - right.length);
    for (const { use, faults } of failed) {
      expect(faults[0]?.message).toContain(`plugins[${entries.indexOf(use)}]`);
      expect(faults[0]?.hint).toEqual(expect.any(String));
    }
  });

  it("names what could not be read after its file, or its folder", async () => {
    const { failed } = await load(["./bare.js", "@acme/index.js", { use: "./old.js", name: "mine" }]);
    expect(failed.map(({ name }) => name)).toEqual(["bare", "@acme", "mine"]);
  });
});

describe("a plugin that the program gives", () => {
  it("is loaded after those of the configuration, by the same rules", async () => {
    const { loaded, failed } = await load(["./bell.js"], [plain("lamp", lampConfig), plain("bell"), plain("Bad")]);
    expect(loaded.map(({ name, file }) => [name, file])).toEqual([
      ["bell", "/device/./bell.js"],
      ["lamp", "given by the program"],
    ]);
    expect(failed.flatMap(({ faults }) => faults.map(({ message }) => message))).toEqual([
      "the 2nd plugin given by the program, bell: service bell is already taken by plugins[0] ./bell.js",
      'the 3rd plugin given by the program, Bad: its definition: the service name "Bad" must be a lower-case letter, then letters, digits, _ or -, at most 64',
    ]);
  });

  it("may come with what an entry may say", async () => {
    const options = { name: "hall", config: { pin: 7 }, on_failure: "abort" } as const;
    const { loaded } = await load([], [{ plugin: plain("lamp", lampConfig), ...options }, plain("apps")]);
    expect(loaded).toMatchObject([
      { name: "hall", config: { pin: 7 }, file: "given by the program", entry: { onFailure: "abort" } },
      { name: "apps" },
    ]);
    const config = { pin: "four" };
    const wrong = await load([], [plain("bell"), { plugin: plain("lamp", lampConfig), config, on_failure: "abort" }]);
    expect(wrong.failed[0]?.faults[0]).toMatchObject({
      code: "plugin-config",
      message: expect.stringMatching(
        /^the 2nd plugin given by the program, lamp: config: pin: found .*four.*expected a number/,
      ),
    });
    expect(() => refuseVitalFaults(wrong)).toThrow("the 2nd plugin given by the program, lamp: config: pin");
  });

  it.each([
    [{ default: plain("lamp") }, "a plain object"],
    [null, "null"],
    [{ plugin: "./lamp.js" }, "a plain string"],
  ])("is told by its place in the program when it is none", async (value, found) => {
    // A program in JavaScript may give anything.
    const { failed } = await load(["./bell.js"], [plain("lamp"), value as unknown as Plugin]);
    expect(failed[0]?.faults).toMatchObject([
      {
        code: "plugin-export",
        message: `the 2nd plugin given by the program is not one made by defineService or defineStore; found ${found}`,
      },
    ]);
  });

  it.each([
    [{ onFailure: "abort" }, 'unknown member "onFailure"; known are plugin, config, name, on_failure'],
    [{ on_failure: "stop" }, 'on_failure must be "abort" or "continue"'],
    [{ name: "a b" }, "name must be a text of 1 to 64 letters, digits, dots, hyphens and underscores"],
    [{ config: 7 }, "config must be an object"],
  ])("is refused with options that are none", (options, reason) => {
    const given = { plugin: plain("lamp"), ...options } as unknown as GivenPlugin;
    expect(() => readGiven([given])).toThrow(`the 1st plugin given by the program: ${reason}`);
  });

  it("has a place that people can read", () => {
    const places = [0, 1, 2, 3, 9, 10, 11, 12, 20, 21, 110].map((at) => placeGiven(at).split(" ")[1]);
    expect(places.join(" ")).toBe("1st 2nd 3rd 4th 10th 11th 12th 13th 21st 22nd 111th");
  });

  it("may be a store", async () => {
    const { loaded } = await load([], [defineStore({ ...memoryStore(), backend: "shelf" }) as unknown as Plugin]);
    expect(loaded[0]).toMatchObject({ name: "shelf", plugin: { kind: "store" } });
  });
});

describe("an entry that replaces another one", () => {
  it.each([
    ["a service", [{ use: "./lamp-again.js", replaces: "lamp" }, "./lamp.js"], "./lamp.js"],
    ["a service before it", ["./lamp.js", { use: "./lamp-again.js", replaces: "lamp" }], "./lamp.js"],
    ["a service that cannot be used", ["./lamp-broken.js", { use: "./lamp.js", replaces: "lamp" }], "./lamp-broken.js"],
    [
      "one that cannot even be read, by its name",
      [
        { use: "./throws.js", name: "lamp" },
        { use: "./lamp.js", replaces: "lamp" },
      ],
      "./throws.js",
    ],
    ["a built-in service", ["apps", { use: "./my-apps.js", replaces: "apps" }], "apps"],
  ])("takes the place of %s, which is not started", async (_, entries, gone) => {
    const { loaded, failed, replaced } = await load(entries);
    const own = entries.find((entry) => typeof entry !== "string" && "replaces" in entry) as Partial<PluginEntry>;
    expect(failed).toEqual([]);
    expect(loaded.map(({ use }) => use)).toEqual([own.use]);
    expect(replaced).toMatchObject([{ use: gone, by: own.use }]);
  });

  it("may take the place of a built-in word that no entry names", async () => {
    const entries = ["./my-apps.js", "./my-fs.js"].map((use) => ({ use, replaces: use.slice(5, -3) }));
    const { loaded, failed, replaced } = await load(entries);
    expect([failed, replaced]).toEqual([[], []]);
    expect(loaded.map(({ name }) => name)).toEqual(["apps", "fs"]);
  });

  it("gives the commands of the replaced one free", async () => {
    const entries = ["apps", { use: "./my-apps.js", replaces: "apps" }, "./status.js"];
    expect(await messages(entries)).toEqual([]);
  });

  it("may take the place of a plugin that the program gives", async () => {
    const { loaded, replaced } = await load([{ use: "./lamp-again.js", replaces: "lamp" }], [plain("lamp")]);
    expect(loaded.map(({ use }) => use)).toEqual(["./lamp-again.js"]);
    expect(replaced).toMatchObject([{ name: "lamp", by: "./lamp-again.js" }]);
  });

  it("has the place also when it cannot be used: what it replaces does not come back in silence", async () => {
    const entries = ["./lamp.js", { use: "./throws.js", replaces: "lamp" }];
    const { loaded, failed, replaced } = await load(entries);
    expect(loaded).toEqual([]);
    expect(failed).toMatchObject([
      { provided: { kind: "service", name: "lamp" }, faults: [{ code: "plugin-import" }] },
    ]);
    expect(replaced).toMatchObject([{ use: "./lamp.js", by: "./throws.js" }]);
  });

  it.each([
    [
      "what it does not offer",
      ["./bell.js", { use: "./lamp.js", replaces: "bell" }],
      "plugin-replaces",
      "plugins[1] ./lamp.js: it cannot replace bell: it is the service lamp itself",
    ],
    [
      "what is not there",
      [{ use: "./lamp.js", replaces: "lamp" }],
      "plugin-replaces",
      "plugins[0] ./lamp.js: it cannot replace lamp: no other entry, and no built-in word, is a service of that name",
    ],
    [
      "what another one replaces",
      [
        "./lamp.js",
        { use: "./lamp-again.js", replaces: "lamp" },
        { use: "./lamp-again.js", name: "third", replaces: "lamp" },
      ],
      "plugin-duplicate",
      "plugins[2] ./lamp-again.js: service lamp is already taken by plugins[1] ./lamp-again.js",
    ],
  ])("cannot replace %s", async (_, entries, code, message) => {
    expect(await messages(entries)).toEqual([[code, message]]);
  });

  it("leaves everything as it was where it cannot, a built-in word too", async () => {
    const { loaded, replaced } = await load(["apps", { use: "./lamp.js", replaces: "apps" }]);
    expect(loaded.map(({ use }) => use)).toEqual(["apps"]);
    expect(replaced).toEqual([]);
  });
});

describe("a plugin without which the device is not to start", () => {
  const wrong = [
    { use: "./bell.js", config: { pin: 4 } },
    "./throws.js",
    { use: "./old.js", onFailure: "abort" as const },
  ];

  it("ends the start with its fault first and those of all others after it", async () => {
    const loading = await load(wrong);
    const thrown = catchThrown(() => refuseVitalFaults(loading));
    expect(thrown).toMatchObject({ code: "plugin-api", hint: expect.stringContaining('"on_failure": "continue"') });
    expect((thrown as GatheredFaults).faults.map(({ code }) => code)).toEqual([
      "plugin-api",
      "plugin-config",
      "plugin-import",
    ]);
    for (const { faults } of loading.failed) {
      for (const { message, hint } of faults) {
        expect((thrown as Error).message).toContain(message);
        expect((thrown as Error).message).toContain(hint);
      }
    }
  });

  it("is told as it is where nothing else is wrong", async () => {
    const loading = await load(["./lamp.js", { use: "./old.js", onFailure: "abort" }]);
    expect(catchThrown(() => refuseVitalFaults(loading))).toBe(loading.failed[0]?.faults[0]);
  });

  it("ends nothing when it is right, or when the others are wrong", async () => {
    const loading = await load([
      "./throws.js",
      { use: "./bell.js", onFailure: "abort" },
      { use: "./old.js", onFailure: "continue" },
    ]);
    expect(catchThrown(() => refuseVitalFaults(loading))).toBeUndefined();
  });
});

function catchThrown(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
