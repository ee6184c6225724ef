import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { defineService, describe as describePlugin, z } from "../../../core/plugin/index.ts";
import { RecordedCalls } from "../../../core/testkit/surroundings.ts";
import { eventually } from "../../flows/device.ts";
import { House, isAlive, moduleOf } from "./guest.ts";

let house = new House();
afterEach(async () => {
  await house.remove();
  house = new House();
});

const command = (name: string, args = "", more = `result: z.any(), effect: "read"`) =>
  `${name}: { about: "For tests.", args: { ${args} }, ${more} },`;
const once = `result: z.any(), effect: "once"`;

describe("a plugin in a process of its own", () => {
  it("answers as it would in the device's own", async () => {
    const commands = [
      command(
        "add",
        "a: z.int().max(100), b: z.number().default(1)",
        `result: z.object({ sum: z.number() }), effect: "read"`,
      ),
      command("where"),
    ].join("");
    await house.start(
      moduleOf(
        commands,
        `add: ({ a, b }) => ({ sum: a + b + context.config.level }),
         where: () => ({ pid: process.pid, env: Object.keys(process.env), name: context.name, id: context.get(DEVICE).id })`,
      ),
      { config: { level: 10 } },
    );
    expect(await house.result("add(1, b=2)")).toEqual({ sum: 13 });
    expect(await house.result("call_service('guest', 'add', 5)")).toEqual({ sum: 16 });
    const where = (await house.result("where()")) as { pid: number; env: string[] };
    expect(where).toEqual({ pid: house.isolated?.state.pid, env: [], name: "guest", id: "device-7" });
    expect(where.pid).not.toBe(process.pid);
  });

  it("is described as it describes itself", async () => {
    const commands = command(
      "add",
      "a: z.int().min(1).describe('first'), b: z.enum(['x', 'y']).optional()",
      `result: z.string(), effect: "idempotent", timeoutMs: 5, bare: true`,
    );
    const isolated = await house.load(moduleOf(commands, "add: () => 'x'"));
    const own = defineService({
      api: 1,
      service: "guest",
      about: "A guest.",
      config: z.strictObject({ level: z.int().max(100).default(4) }),
      commands: {
        add: {
          about: "For tests.",
          args: { a: z.int().min(1).describe("first"), b: z.enum(["x", "y"]).optional() },
          result: z.string(),
          effect: "idempotent",
          timeoutMs: 5,
          bare: true,
        },
      },
      start: () => ({ add: () => "x" }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: plugins of any commands are described
    expect(describePlugin(isolated.plugin)).toEqual(describePlugin(own as any));
  });

  it("has its arguments checked on both sides, with the place in the expression", async () => {
    const commands = command(
      "dim",
      "level: z.int().max(100), name: z.string().trim().max(3).refine((text) => text !== 'no', 'never no')",
    );
    await house.start(moduleOf(commands, "dim: ({ level, name }) => [level, name]"));
    expect(await house.result("dim(5, '  abc  ')")).toEqual([5, "abc"]);
    const device = await house.run("dim('much', 'a')");
    expect(device.error).toMatchObject({ code: "argument-invalid", span: { start: 4, end: 10 } });
    const guest = await house.run("dim(5, 'no')");
    expect(guest.error).toMatchObject({ code: "argument-invalid", span: { start: 7, end: 11 } });
    expect(guest.error?.message).toContain("never no");
    expect((await house.run("dim()")).error?.code).toBe("argument-missing");
    expect((await house.run("dim(1, 'a', 2)")).error?.code).toBe("argument-too-many");
  });

  it("gets what JSON has no word for, where it asks for it", async () => {
    const commands =
      command("big", "n: z.union([z.bigint(), z.int()])") +
      command("raw", "b: accepting(z.instanceof(Uint8Array), { bytes: true })") +
      command("any", "m: accepting(z.map(z.int(), z.string()), { anyKeys: true })");
    await house.start(moduleOf(commands, "big: ({ n }) => String(n), raw: ({ b }) => [...b], any: ({ m }) => [...m]"));
    expect(await house.result("big(123456789012345678901234567890)")).toBe("123456789012345678901234567890");
    expect(await house.result(String.raw`raw(b'\x00\xff')`)).toEqual([0, 255]);
    expect(await house.result("any({1: 'one'})")).toEqual([[1, "one"]]);
  });

  it("has expressions checked by the device, which knows the services", async () => {
    const commands = command("later", "text: expression()") + command("now");
    await house.start(moduleOf(commands, "later: ({ text }) => text, now: () => null"));
    expect(await house.result("later('now()')")).toBe("now()");
    expect(await house.result("later(now())")).toBe("now()");
    expect((await house.run("later('nowhere()')")).error?.code).toBe("command-unknown");
  });

  it.each([
    ["an answer that its schema refuses", `() => "text"`, `result: z.int(), effect: "read"`, "result-invalid"],
    ["an answer that is no JSON", "() => 5n", `result: z.any(), effect: "read"`, "result-invalid"],
    [
      "an answer that is too large",
      "() => 'x'.repeat(2 ** 20 + 1)",
      `result: z.any(), effect: "read"`,
      "result-too-large",
    ],
    ["an error", "() => { throw new TypeError('broken') }", `result: z.any(), effect: "read"`, "command-failed"],
  ])("tells %s", async (_, handler, declared, code) => {
    await house.start(moduleOf(command("ask", "", declared) + command("fine"), `ask: ${handler}, fine: () => 1`));
    expect((await house.run("ask()")).error?.code).toBe(code);
    expect(await house.result("fine()")).toBe(1);
    expect(house.isolated?.state.restarts).toBe(0);
  });

  it("takes what its own schemas take: flags of patterns, formats, transformations", async () => {
    const parameters = [
      ["flags", "z.string().regex(/^[a-z]+$/i)", "'ABC'"],
      ["unicode", "z.string().regex(/^\\p{L}+$/u)", "'éß'"],
      ["dotall", "z.string().regex(/^a.b$/s)", String.raw`'a\nb'`],
      ["email", "z.email({ pattern: /^.+@.+$/ })", "'é@ü'"],
      ["emoji", "z.emoji()", "'😀'"],
      ["coerced", "z.coerce.number()", "'5'"],
      ["prepared", "z.preprocess((value) => Number(value), z.number())", "'5'"],
      ["trimmed", "z.string().trim().max(1)", "' a '"],
      ["forgiven", "z.int().catch(0)", "'no'"],
      ["record", "z.record(z.string().regex(/^[a-z]$/i), z.int())", "{'A': 1}"],
      ["truth", "z.stringbool()", "'yes'"],
      ["either", "z.union([z.int(), z.string().toLowerCase().max(3)])", "'ABC'"],
      ["tuple", "z.tuple([z.int(), z.string()])", "(1, 'a')"],
      ["nothing", "z.int().nullable()", "None"],
      ["pattern", "z.object({ pattern: z.string(), format: z.int() })", "{'pattern': 'x', 'format': 1}"],
    ] as const;
    const commands = parameters.map(([name, schema]) => command(name, `given: ${schema}`)).join("");
    await house.start(moduleOf(commands, parameters.map(([name]) => `${name}: ({ given }) => given`).join(",")));
    for (const [name, , given] of parameters) {
      expect([name, (await house.run(`${name}(${given})`)).error?.message]).toEqual([name, undefined]);
    }
    expect((await house.run("flags('1')")).error?.code).toBe("argument-invalid");
    expect((await house.run("pattern({'pattern': 1, 'format': 1})")).error?.code).toBe("argument-invalid");
  });

  it("answers what its own schema takes, and keeps the device from its patterns", async () => {
    const commands =
      command("loud", "", `result: z.string().regex(/^[a-z]+$/i), effect: "once"`) +
      command("slow", "", `result: z.string().meta({ pattern: "^(a+)+$" }), effect: "once"`);
    await house.start(moduleOf(commands, `loud: () => "ABC", slow: () => "a".repeat(60) + "!"`));
    expect(await house.result("loud()")).toBe("ABC");
    expect(await house.result("slow()")).toHaveLength(61);
  });

  it("keeps what goes with an answer that cannot be told", async () => {
    const commands = command("bad", "", `result: z.int(), effect: "once"`) + command("big", "", once);
    await house.start(
      moduleOf(
        commands,
        `bad: (_, { keep }) => { void keep("done", 1); return "text"; },
         big: (_, { keep }) => { void keep("done", 2); return "x".repeat(2 ** 21); }`,
      ),
    );
    expect((await house.run("bad()")).error?.code).toBe("result-invalid");
    expect((await house.run("big()")).error?.code).toBe("result-too-large");
    expect(house.kept).toEqual([1, 2].map((value) => ({ owner: "guest", values: [["done", value]] })));
  });

  it("ends with what it has started", async () => {
    const commands = command("child");
    await house.start(
      moduleOf(
        commands,
        `child: async () => (await context.get(PROCESSES).start(["sleep", "600"], { environment: {}, output: () => undefined })).pid`,
      ).replace("CALLS,", "CALLS, PROCESSES,"),
    );
    const pid = Number(await house.result("child()"));
    expect(isAlive(pid)).toBe(true);
    process.kill(house.isolated?.state.pid ?? 0, "SIGKILL");
    await eventually("the end of its child", () => (isAlive(pid) ? undefined : true));
  });

  it("keeps its state, at once and with a result", async () => {
    await house.state.put("old", { level: 1 });
    const commands = command("read") + command("put", "", once) + command("keep", "", once) + command("told");
    await house.start(
      moduleOf(
        commands,
        `read: () => context.get(STATE).entries(),
         put: async () => { await context.get(STATE).put("new", [1]); await context.get(STATE).remove("old"); return null; },
         keep: (_, { keep }) => { void keep("kept", 7).then(() => { told = context.get(STATE).get("kept"); }); return null; },
         told: () => told`,
        "let told = null;",
      ),
    );
    expect(await house.result("read()")).toEqual([["old", { level: 1 }]]);
    await house.result("put()");
    expect(house.state.entries()).toEqual([["new", [1]]]);
    expect(await house.result("read()")).toEqual([["new", [1]]]);
    await house.result("keep()");
    expect(house.kept).toEqual([{ owner: "guest", values: [["kept", 7]] }]);
    await eventually("the promise of keep", async () => ((await house.result("told()")) === 7 ? true : undefined));
  });

  it("uses the device's stores, uploads, files and calls", async () => {
    house = new House(new RecordedCalls((text) => ({ status: "ok", result: `ran ${text}` })));
    const big = 600_000;
    const commands = ["write", "read", "list", "files", "send", "call", "missing"]
      .map((name) => command(name))
      .join("");
    await house.start(
      moduleOf(
        commands,
        `write: async () => { const info = await store().write("a/b", Buffer.alloc(${big}, 7), op()); return [info.size, await store().head("none", op())]; },
         read: async () => { let size = 0; const answer = await store().read("a/b", op()); for await (const chunk of answer.body) { size += chunk.length; if (chunk.some((byte) => byte !== 7)) throw new Error("wrong byte"); }
           const early = await store().read("a/b", op()); early.body.destroy(); return [answer.status, size]; },
         list: async () => { const keys = []; for await (const { key } of store().list("", op())) keys.push(key); return keys.length; },
         files: async () => { const { folder } = context.get(DEVICE); const { size } = await context.get(TRANSFERS).download("contents", "a/b", folder + "/b", op()); await context.get(FOLDER).write("c", "see"); return [size, await context.get(FOLDER).list()]; },
         send: async () => { await context.get(UPLOADS).put("contents", "sent", "hello", { createOnly: true }); return null; },
         call: async () => context.get(CALLS).run("other()", { owner: "guest", ...op() }),
         missing: async () => store("nowhere")`,
        `let context; const op = () => ({ signal: new AbortController().signal });
         const store = (name = "contents") => context.get(STORES).get(name);`,
      ).replace("start(context) {", "start(given) { context = given;"),
    );
    expect(await house.result("write()")).toEqual([big, "missing"]);
    expect(house.memory.objects.get("a/b")?.bytes.byteLength).toBe(big);
    expect(await house.result("read()")).toEqual(["ok", big]);
    for (let at = 0; at < 600; at++)
      house.memory.objects.set(`k${at}`, {
        info: { key: `k${at}`, size: 0, etag: "1", modifiedAt: 0 },
        bytes: new Uint8Array(),
      });
    expect(await house.result("list()")).toBe(601);
    expect(await house.result("files()")).toEqual([big, ["b", "c"]]);
    expect(readFileSync(join(house.folder, "state/services/guest/c"), "utf8")).toBe("see");
    await house.result("send()");
    expect(house.uploads.sent).toEqual([{ store: "contents", key: "sent", body: "hello", createOnly: true }]);
    expect(await house.result("call()")).toEqual({ status: "ok", result: "ran other()" });
    expect((await house.run("missing()")).error?.code).toBe("store-unknown");
  });

  it("is stopped with its releases, last first, and its process is gone", async () => {
    await house.start(
      moduleOf(command("fine"), "fine: () => 1", "").replace(
        "return {",
        `context.onStop(() => context.log.info("first")); context.onStop(() => { throw new Error("second fails"); }); return {`,
      ),
    );
    const pid = house.isolated?.state.pid;
    expect(isAlive(pid)).toBe(true);
    expect(await house.stop()).toEqual(["second fails"]);
    expect(house.log).toContain("info first");
    expect(isAlive(pid)).toBe(false);
    expect(house.pauses).toEqual([]);
  });

  it("is logged under its own name, also what it prints", async () => {
    await house.start(
      moduleOf(
        command("say"),
        `say: (_, { log }) => { log.warn("louder", { of: new Error("x"), big: 5n }); console.log("printed"); return null; }`,
      ),
    );
    await house.result("say()");
    await eventually("both lines", () =>
      /warn louder[\s\S]*info printed|info printed[\s\S]*warn louder/.test(house.log) ? true : undefined,
    );
  });
});

describe("a guest that cannot be loaded", () => {
  it.each([
    ["throws at import", `throw new Error("out of order");`, "plugin-import", /out of order/],
    ["exits at import", "process.exit(0);", "plugin-import", /ended with code 0/],
    ["is no plugin", "export default 5;", "plugin-export", /a plain number/],
    [
      "has a wrong configuration",
      moduleOf("", ""),
      "plugin-config",
      /level: found 101, expected an? \w+ of at most 100/,
    ],
    [
      "is a store",
      `import { defineStore, noCapabilities, z } from "rustiq/plugin"; export default defineStore({ api: 1, backend: "b", about: "x", config: z.any(), can: noCapabilities, open: () => ({}) });`,
      "plugin-isolate",
      /a store backend/,
    ],
  ])("%s", async (_, source, code, message) => {
    const thrown = await house.load(source, { config: code === "plugin-config" ? { level: 101 } : {} }).then(
      () => undefined,
      (fault: unknown) => fault,
    );
    expect(thrown).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(thrown).toMatchObject({ message: expect.stringContaining("plugins[0]") });
  });

  it("hangs or spins at import, and is ended at the limit", async () => {
    await expect(
      house.load("await new Promise((r) => setTimeout(r, 1e6));", { importLimitMs: 500 }),
    ).rejects.toMatchObject({ code: "plugin-import" });
    await expect(house.load("for (;;) {}", { importLimitMs: 500 })).rejects.toMatchObject({
      code: "plugin-import",
      message: expect.stringContaining("longer than 500 ms"),
    });
  });
});
