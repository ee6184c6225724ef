import { MemoryState, startService } from "rustiq/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineService } from "../../core/plugin/contract.ts";

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

  it("restarts nothing: the call ends, its note is told, and the test plays the next start", async () => {
    const first = await startService(lamp);
    await expect(first.call("update")).rejects.toMatchObject({ code: "restarting" });
    expect(first.restarts).toEqual([{ from: "1.0" }]);
    const next = await startService(lamp, { state: first.state });
    const [note = null] = first.restarts;
    expect(await next.call("update", {}, { attempt: 2, restarted: { note } })).toEqual({ note: { from: "1.0" } });
    expect(next.restarts).toEqual([]);
  });
});
