import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { composeContainer, resolve } from "../../core/container.ts";
import { Events } from "../../core/events.ts";
import { createState } from "../../core/host/belongings.ts";
import type { Handler } from "../../core/host/services.ts";
import { Reserve } from "../../core/journal/reserve.ts";
import { silentLog } from "../../core/ports/log.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { seededRandom } from "../../core/testkit/surroundings.ts";
import { INVOKER, SERVICES } from "../../core/tokens.ts";
import { Disk } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";
import { configure, serviceOf, surround } from "./around.ts";

const { signal } = new AbortController();
const base = { about: "for tests", args: {}, result: z.unknown(), effect: "once" } as const;
const lampOf = (run: Handler) => serviceOf("lamp", { light: { ...base, bare: true, run } });

/** The runtime's own parts over a disk in memory, with one service. */
async function compose(run: Handler, disk = new Disk()) {
  const reserve = new Reserve(disk, "/state", 4096);
  const journal = await openJournal(disk, { reserve });
  const restarts: unknown[] = [];
  const events = new Events((thrown) => {
    throw thrown;
  });
  events.on("restart", (told) => restarts.push(told));
  const processes = { start: () => Promise.reject(new Error("no program is started here")) };
  const root = composeContainer({
    ...{ configuration: configure(), clock: new VirtualClock(), random: seededRandom(), files: disk },
    ...{ processes, log: silentLog, events, journal, reserve },
  });
  const { plugin, handlers } = lampOf(run);
  resolve(root, SERVICES).put({ name: "lamp", status: "running", plugin, handlers, log: silentLog });
  const invoker = resolve(root, INVOKER);
  invoker.open();
  const ask = () => invoker.run("light()", { owner: "lamp", signal });
  return { disk, journal, invoker, restarts, ask, state: createState(journal, "lamp") };
}

describe("state that a command keeps which no document asked for", () => {
  it("goes to the journal with its result", async () => {
    const { ask, state, disk } = await compose((_, call) => {
      void call.keep("a", 1);
      void call.keep("b", [2]);
      void call.keep("never");
      return "done";
    });
    expect(await ask()).toEqual({ status: "ok", result: "done" });
    expect(Object.fromEntries(state.entries())).toEqual({ a: 1, b: [2] });
    const after = await compose(() => null, disk.afterPowerCut());
    expect(Object.fromEntries(after.state.entries())).toEqual({ a: 1, b: [2] });
  });

  it("is forgotten without a value", async () => {
    const { ask, state } = await compose((_, call) => void call.keep("a"));
    await state.put("a", 1);
    await ask();
    expect(state.entries()).toEqual([]);
  });

  it("is nothing when the command fails", async () => {
    const { ask, state } = await compose((_, call) => {
      void call.keep("a", 1);
      throw new Error("broken");
    });
    expect(await ask()).toMatchObject({ status: "error", error: { code: "command-failed" } });
    expect(state.entries()).toEqual([]);
  });

  it("fails the command when the journal does not take it", async () => {
    const { ask, disk } = await compose((_, call) => {
      disk.fault = (operation) => (operation === "sync" ? new Error("EIO") : undefined);
      void call.keep("a", 1);
    });
    expect(await ask()).toMatchObject({ status: "error", result: "EIO" });
  });

  it("is there after a torn write as a whole or not at all", async () => {
    const { ask, disk } = await compose((_, call) => {
      for (const name of ["a", "b", "c"]) void call.keep(name, "x".repeat(100));
    });
    const newest = () =>
      [...disk.contents]
        .filter(([path]) => path.endsWith(".journal"))
        .sort()
        .at(-1);
    const before = newest()?.[1].byteLength ?? 0;
    await ask();
    const [path = "", bytes = new Uint8Array()] = newest() ?? [];
    expect(bytes.byteLength).toBeGreaterThan(before + 300);
    const counts = new Set<number>();
    for (let end = before; end <= bytes.byteLength; end += end + 7 > bytes.byteLength ? 1 : 7) {
      const torn = disk.afterKill();
      torn.put(path, bytes.subarray(0, end));
      counts.add((await compose(() => null, torn)).state.entries().length);
    }
    expect([...counts]).toEqual([0, 3]);
  });

  it("goes one way whoever asks: a stored expression and the command line", async () => {
    const { invoker, followed } = surround([lampOf((_, call) => void call.keep("a", 1))]);
    await invoker.run("light()", { owner: "lamp", signal });
    await invoker.runAlone(await invoker.prepare("light()", "lamp"), signal);
    const kept = { owner: "lamp", values: [["a", 1]] };
    expect(followed).toEqual([kept, kept]);
  });
});

describe("a restart that no document asked for", () => {
  it("is told, and the call ends with its signal", async () => {
    const { invoker, restarts, state } = await compose((_, call) => {
      void call.keep("a", 1);
      return call.restart("note");
    });
    const controller = new AbortController();
    const running = invoker.run("light()", { owner: "lamp", signal: controller.signal });
    await vi.waitFor(() => expect(restarts).toEqual([{ service: "lamp" }]));
    controller.abort(new Error("the runtime stops"));
    expect(await running).toMatchObject({ status: "error", error: { code: "command-cancelled" } });
    expect(state.entries()).toEqual([]);
  });

  it("leaves no handler behind when nobody restarts and the command's time is up", async () => {
    const clock = new VirtualClock();
    let isCalled = false;
    const run: Handler = (_, call) => {
      isCalled = true;
      return call.restart();
    };
    const { invoker, services } = surround([lampOf(run)], { clock, limits: { commandMs: 100 } });
    const running = invoker.run("light()", { owner: "lamp", signal });
    await vi.waitFor(() => expect(isCalled).toBe(true));
    await clock.advance(5000);
    expect(await running).toMatchObject({ error: { code: "command-timeout" } });
    expect(services.get("lamp").status).toBe("running");
  });
});
