import { readFile } from "node:fs/promises";
import { MemoryState, startService, VirtualClock } from "rustiq/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineService } from "../../core/plugin/contract.ts";
import { CLOCK, type Clock, inject, injectable, STORES } from "../../core/plugin/index.ts";

const base = { about: "for tests", args: {}, result: z.unknown(), effect: "once" } as const;

const lamp = defineService({
  api: 1,
  service: "lamp",
  about: "for tests",
  commands: {
    set: { ...base, args: { level: z.number().optional() } },
    break: base,
    lie: { ...base, result: z.string() },
    update: base,
  },
  start: () => ({
    set: ({ level }, call) => {
      void call.keep("level", level);
      return "set";
    },
    break: (_, call) => {
      void call.keep("level", 9);
      throw new Error("broken");
    },
    lie: (_, call) => {
      void call.keep("level", 9);
      return 5 as unknown as string; // what a plugin without types may answer
    },
    update: (_, call) => call.restarted ?? call.restart({ from: "1.0" }),
  }),
});

describe("a service under test", () => {
  it("keeps state with its result, and forgets what has no value", async () => {
    const { call, state } = await startService(lamp);
    expect(await call("set", { level: 3 })).toBe("set");
    expect(state.entries()).toEqual([["level", 3]]);
    await call("set");
    expect(state.entries()).toEqual([]);
  });

  it("keeps nothing of a command that fails or answers what its schema refuses", async () => {
    const state = new MemoryState();
    const { call } = await startService(lamp, { state });
    await expect(call("break")).rejects.toThrow("broken");
    await expect(call("lie")).rejects.toThrow();
    expect(state.entries()).toEqual([]);
  });

  it("tells what is wrong with a call or with the options, with a code and in words", async () => {
    const { call } = await startService(lamp);
    await expect(call("set", { level: "x" })).rejects.toMatchObject({
      code: "argument-invalid",
      message: 'lamp.set: level: found "x", expected a number',
    });
    await expect(call("set", { levl: 1 } as never)).rejects.toMatchObject({
      code: "argument-invalid",
      message: expect.stringContaining("did you mean 'level'?"),
    });
    await expect(call("lie")).rejects.toMatchObject({
      code: "result-invalid",
      message: expect.stringContaining("found 5, expected a text"),
    });
    await expect(call("braek" as never)).rejects.toMatchObject({
      code: "command-unknown",
      hint: "did you mean 'break'?",
    });
    await expect(startService(lamp, { config: { pin: 4 } })).rejects.toMatchObject({
      code: "plugin-config",
      message: "options.config of lamp: this plugin takes no options",
    });
  });

  it("shows its clock, which waits for timers that real work comes before", async () => {
    const slow = defineService({
      api: 1,
      service: "slow",
      about: "for tests",
      commands: { wait: { ...base, result: z.string() } },
      start: (context) => ({
        wait: async (_, { signal }) => {
          await readFile(new URL(import.meta.url));
          await context.get(CLOCK).sleep(60_000, signal);
          return "waited";
        },
      }),
    });
    const { call, clock, stop } = await startService(slow);
    const waiting = call("wait");
    await clock.waitForTimers();
    await clock.advance(60_000);
    expect(await waiting).toBe("waited");
    await expect(clock.waitForTimers(2, 20)).rejects.toThrow(
      "2 timers were to be set on the clock within 20 ms; set are 0",
    );
    await stop();
  });

  it("keeps no more than a device does", async () => {
    const state = new MemoryState();
    const large = "x".repeat(1024 * 1024 - 100);
    await expect(state.put("level", `${large}${large}`)).rejects.toMatchObject({ code: "state-too-large" });
    for (let index = 0; index < 8; index++) await state.put(`level ${index}`, large);
    await expect(state.put("level", large)).rejects.toMatchObject({ code: "state-too-large" });
    expect(state.get("level")).toBeUndefined();
    await state.put("level 0", "small");
    await state.put("level", "small too");
  });

  it("restarts nothing: the call ends, its note is told, and the test plays the next start", async () => {
    const first = await startService(lamp);
    await expect(first.call("update")).rejects.toMatchObject({ code: "restarting" });
    expect(first.restarts).toEqual([{ from: "1.0" }]);
    const next = await startService(lamp, { state: first.state });
    const [note = null] = first.restarts;
    expect(await next.call("update", {}, { attempt: 2, restarted: { note } })).toEqual({ note: { from: "1.0" } });
    expect(next.restarts).toEqual([]);
  });

  it("runs an expression as an entry of a document: parsed, bound, checked", async () => {
    const { run, state } = await startService(lamp, { state: new MemoryState() });
    expect(await run("set(level=3)")).toEqual({ status: "ok", result: "set" });
    expect(state.entries()).toEqual([["level", 3]]);
    expect((await run("set(level='x')")).error).toMatchObject({
      code: "argument-invalid",
      span: { start: 10, end: 13 },
    });
    expect((await run("set(")).error?.code).toBe("unclosed-bracket");
    expect((await run("sett()")).error).toMatchObject({ code: "command-unknown", hint: "did you mean 'set'?" });
    expect((await run("lie()")).error?.code).toBe("result-invalid");
    expect((await run("call_service('lamp', 'break')")).error).toMatchObject({
      code: "command-failed",
      message: "lamp.break failed: broken",
    });
    // Neither of the last two has kept anything.
    expect(state.entries()).toEqual([["level", 9]]);
  });

  it("runs expressions within the limits of a device, on the clock of the test", async () => {
    const clock = new VirtualClock();
    const slow = defineService({
      ...lamp,
      commands: { wait: { ...base, result: z.string() } },
      start: (context) => ({
        wait: async (_, { signal }) => {
          await context.get(CLOCK).sleep(60_000, signal);
          return "x".repeat(100);
        },
      }),
    });
    const limited = await startService(slow, { clock, limits: { commandMs: 5000 } });
    const outcome = limited.run("wait()");
    await clock.advance(5000);
    expect((await outcome).error?.code).toBe("command-timeout");
    const small = await startService(slow, { clock, limits: { commandMs: 100_000, resultBytes: 64 } });
    const large = small.run("wait()");
    await clock.advance(60_000);
    expect((await large).error?.code).toBe("result-too-large");
  });

  it("answers a restart like a call of it, and plays the next start", async () => {
    const { run, restarts } = await startService(lamp);
    expect((await run("update()")).error?.code).toBe("restarting");
    expect(restarts).toEqual([{ from: "1.0" }]);
    const outcome = await run("update()", { attempt: 2, restarted: { note: 5 } });
    expect(outcome).toEqual({ status: "ok", result: { note: 5 } });
  });

  it("is made with what its constructors ask for", async () => {
    @injectable()
    class Bulb {
      readonly #clock: Clock;
      constructor(@inject(CLOCK) clock: Clock) {
        this.#clock = clock;
      }
      set() {
        return this.#clock.now();
      }
    }
    const bulb = defineService({ ...lamp, commands: { set: base }, start: (context) => context.make(Bulb) });
    const { call } = await startService(bulb, { clock: new VirtualClock(7) });
    expect(await call("set")).toBe(7);
  });

  it("gives secrets of its options away in no outcome", async () => {
    const keeper = defineService({
      ...lamp,
      config: z.strictObject({ token: z.string() }),
      commands: { tell: base },
      start: ({ config }) => ({ tell: () => `the token is ${config.token}` }),
    });
    const { run } = await startService(keeper, { config: { token: "hunter22" } });
    expect(await run("tell()")).toEqual({ status: "ok", result: "the token is ***" });
  });

  it("ends what runs when it is stopped, and tells what its releases throw", async () => {
    const stubborn = defineService({
      ...lamp,
      commands: { wait: base },
      start: (context) => {
        context.onStop(() => {
          throw new Error("no way");
        });
        return { wait: (_, { signal }) => context.get(CLOCK).sleep(1e9, signal) };
      },
    });
    const { run, stop } = await startService(stubborn);
    const outcome = run("wait()");
    await expect(stop()).rejects.toThrow("no way");
    expect((await outcome).error?.code).toBe("command-cancelled");
    await stop();
  });

  it("makes stores that it is asked for, when it is told to", async () => {
    const lister = defineService({
      ...lamp,
      commands: { names: base },
      start: (context) => ({
        names: () => {
          context.get(STORES).get("mine");
          return context
            .get(STORES)
            .all()
            .map(({ name }) => name);
        },
      }),
    });
    expect(await (await startService(lister, { makesStores: true })).call("names")).toEqual(["mine"]);
    await expect((await startService(lister)).call("names")).rejects.toMatchObject({ code: "store-unknown" });
  });
});
