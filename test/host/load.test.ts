import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PluginEntry } from "../../core/config/configuration.ts";
import { importLimitMs } from "../../core/host/import.ts";
import { loadPlugins } from "../../core/host/load.ts";
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

const modules: Modules = {
  version: () => "0.0.0",
  locate: (use) => {
    const load = Object.hasOwn(table, use) ? table[use] : undefined;
    if (load === undefined) throw new Error(`/device/${use} does not exist`);
    return { file: `/device/${use}`, import: async () => load() };
  },
};

const load = (
  entries: readonly (string | Partial<PluginEntry>)[],
  given: readonly Plugin[] = [],
  clock = new VirtualClock(),
) => {
  const plugins = entries.map((entry) => ({
    use: "",
    name: undefined,
    config: {},
    ...(typeof entry === "string" ? { use: entry } : entry),
  }));
  return loadPlugins({ ...configure(), plugins }, given, { modules, clock });
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
    ["a wrong value", "./lamp.js", { pin: "four" }, "pin: Invalid input: expected number, received string"],
    [
      "several",
      "./lamp.js",
      { pin: true, on: {} },
      "pin: Invalid input: expected number, received boolean; on.level: Invalid input: expected number, received undefined",
    ],
    ["an unknown option", "./lamp.js", { pn: 4 }, 'Unrecognized key: "pn"'],
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

  it("tells everything that is wrong with all of them, and loads what is right", async () => {
    const entries = [...Object.keys(table).filter((use) => use !== "./hangs.js"), "nothing-like-it"];
    const { loaded, failed } = await load(entries);
    expect(loaded.map(({ use }) => use)).toEqual(["./lamp.js", "./bell.js", "./shelf.js", "@acme/lamp"]);
    expect(failed).toHaveLength(entries.length - 4);
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
      "plugins[2] bell: service bell is already taken by plugins[0] ./bell.js",
      'plugins[3] Bad: given by the program: the service name "Bad" must be a lower-case letter, then letters, digits, _ or -, at most 64',
    ]);
  });

  it("may be a store", async () => {
    const { loaded } = await load([], [defineStore({ ...memoryStore(), backend: "shelf" }) as unknown as Plugin]);
    expect(loaded[0]).toMatchObject({ name: "shelf", plugin: { kind: "store" } });
  });
});
