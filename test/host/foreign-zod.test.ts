import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkExport } from "../../core/host/check.ts";
import { loadPlugins } from "../../core/host/load.ts";
import type { Plugin } from "../../core/plugin/contract.ts";
import { defineService } from "../../core/plugin/contract.ts";
import { accepting, expression } from "../../core/plugin/parameters.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { rustiq } from "../cli/rustiq.ts";
import { configure } from "../command/around.ts";
import { makeFolderWithCopies } from "./foreign.ts";

const folder = makeFolderWithCopies(["zod"], {
  "four.mjs": 'export { z } from "zod";',
  "three.mjs": 'export { z } from "zod/v3";',
  "mini.mjs": 'export * as z from "zod/mini";',
  "lamp.mjs": `
    import { defineService } from "rustiq/plugin";
    import { z } from "zod";
    const level = z.int().min(0).max(100);
    export default defineService({
      api: 1, service: "lamp", about: "A lamp.", config: z.strictObject({ highest: level }),
      commands: { set_level: { about: "Dims it.", args: { level }, result: level, effect: "idempotent" } },
      start: () => ({ set_level: ({ level }) => level }),
    });`,
  "rustiq.json": JSON.stringify({
    plugins: ["apps", { use: "./lamp.mjs", config: { highest: 80 } }],
    log: { level: "error" },
  }),
});
const copyOf = async (name: string): Promise<typeof z> => (await import(pathToFileURL(join(folder, name)).href)).z;
const version = Object.values(z.core.version).join(".");

const lamp = (args: Record<string, unknown>, result: unknown = z.null(), config?: unknown) =>
  defineService({
    ...{ api: 1, service: "lamp", about: "A lamp.", ...(config === undefined ? {} : { config }) },
    commands: { set_level: { about: "Dims it.", args, result, effect: "read" } },
    start: () => ({}),
  } as never) as unknown as Plugin; // schemas that no compiler lets through

const zodProblems = (plugin: Plugin) => {
  const checked = checkExport(plugin);
  return "kind" in checked ? [] : checked;
};

describe("a schema of another zod", () => {
  it("is not told apart by instanceof, and is recognised all the same", async () => {
    const other = await copyOf("four.mjs");
    expect(other.string()).toBeInstanceOf(z.ZodString);
    expect(other).not.toBe(z);
    expect(zodProblems(lamp({ level: other.number() }))).toEqual([
      {
        code: "plugin-zod",
        schema: "parameter level of command set_level",
        found: version,
        expected: version,
      },
    ]);
  });

  it.each([
    ["an item", "[]", (other: typeof z) => z.array(other.string())],
    ["a member of a member", ".deep.at", (other: typeof z) => z.strictObject({ deep: z.object({ at: other.null() }) })],
    ["what an own wrapper is around", "", (other: typeof z) => z.optional(other.string())],
    ["a form of a union", "", (other: typeof z) => z.union([z.string(), other.null()])],
    ["the end of a pipe", "", (other: typeof z) => z.string().pipe(other.string())],
    ["what a lazy one stands for", "", (other: typeof z) => z.lazy(() => other.string())],
    ["the value of a map", ".value", (other: typeof z) => z.map(z.string(), other.string())],
  ])("of version 4, mini or 3 is found as %s", async (_, path, make) => {
    const at = path === "" ? "" : ` at ${path}`;
    for (const name of ["four.mjs", "mini.mjs", "three.mjs"]) {
      expect(zodProblems(lamp({ level: make(await copyOf(name)) }))).toMatchObject([
        { code: "plugin-zod", schema: `parameter level of command set_level${at}` },
      ]);
    }
  });

  it("tells zod 3 from zod 4", async () => {
    const [three, four] = [await copyOf("three.mjs"), await copyOf("four.mjs")];
    const plugin = lamp({ level: three.number(), reason: four.string() }, z.null(), three.object({}));
    expect(zodProblems(plugin)).toEqual([
      { code: "plugin-zod", schema: "`config` (and 1 more)", found: "3", expected: version },
      { code: "plugin-zod", schema: "parameter reason of command set_level", found: version, expected: version },
    ]);
  });

  it("is looked for in the result and in the config too", async () => {
    const other = await copyOf("four.mjs");
    expect(zodProblems(lamp({}, other.object({})))).toMatchObject([{ schema: "the result of command set_level" }]);
    expect(zodProblems(lamp({}, z.null(), z.object({ pin: other.int() })))).toMatchObject([
      { schema: "`config` at .pin" },
    ]);
  });

  it("is told together with everything else that is wrong", async () => {
    const other = await copyOf("four.mjs");
    expect(zodProblems(lamp({ "a-b": other.string(), c: 5 }))).toMatchObject([
      { code: "plugin-zod" },
      { code: "plugin-contract", reason: expect.stringContaining('the parameter "a-b"') },
      { code: "plugin-contract", reason: expect.stringContaining("parameter c of command set_level is no schema") },
    ]);
  });

  it("keeps the options of its plugin unread", async () => {
    const other = await copyOf("four.mjs");
    const plugin = lamp({}, z.null(), other.strictObject({ pin: other.int() }));
    const modules = {
      version: () => "0.0.0",
      locate: () => ({ file: "/lamp.mjs", import: async () => ({ default: plugin }) }),
    };
    const plugins = [{ use: "./lamp.mjs", name: undefined, config: { pin: "four" } }];
    const { failed } = await loadPlugins({ ...configure(), plugins }, [], { modules, clock: new VirtualClock() });
    expect(failed[0]?.faults.map(({ code }) => code)).toEqual(["plugin-zod"]);
  });

  it("is never seen in the runtime's own, however it was made", () => {
    class Level extends z.ZodString {}
    const own = z.core.$constructor<z.core.$ZodType & { safeParse: unknown }>("Own", (inst, def) => {
      z.core.$ZodType.init(inst, def as z.core.$ZodTypeDef);
      inst._zod.parse = (payload) => payload;
      inst.safeParse = () => undefined;
    });
    for (const schema of [
      new Level({ type: "string" }),
      new own({ type: "custom" } as never),
      expression().optional(),
      accepting(z.map(z.any(), z.any()), { anyKeys: true }),
      z.iso.datetime(),
      z.coerce.number(),
      z.preprocess(String, z.email()),
      z.stringbool(),
      z.codec(z.string(), z.int(), { decode: Number, encode: String }),
      z.fromJSONSchema({ type: "string" }),
    ]) {
      expect(zodProblems(lamp({ level: schema }))).toEqual([]);
    }
  });
});

it("is named by the built program with file and cure, and the others run on", async () => {
  const { code, stdout } = await rustiq(folder, ["services", "--json"]);
  expect(code).toBe(0);
  const { services, failed } = JSON.parse(stdout);
  expect(services.map(({ service }: { service: string }) => service)).toEqual(["apps"]);
  expect(failed[0].faults).toEqual([
    {
      code: "plugin-zod",
      message: `plugins[1] ./lamp.mjs: ${join(folder, "lamp.mjs")}: \`config\` (and 2 more) is made with zod ${version}, a copy other than the runtime's own ${version}`,
      hint: expect.stringContaining('import { z } from "rustiq/plugin"'),
    },
  ]);
});
