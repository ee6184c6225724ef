import { beforeEach, describe, expect, it } from "vitest";
import { createState } from "../../core/host/belongings.ts";
import { readSegment } from "../../core/journal/segment.ts";
import type { Json } from "../../core/plugin/surroundings.ts";
import { type Disk, errno } from "../journal/disk.ts";
import { commands, type Effects, fresh, linesOf, live, take } from "./batch.ts";
import { killEverywhere } from "./crash.ts";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

/** What the journal on a disk holds, head and all. */
function recordsOf(disk: Disk): readonly Record<string, unknown>[] {
  const segments = [...disk.contents].filter(([path]) => path.endsWith(".journal"));
  return segments.flatMap(([, bytes]) => readSegment(bytes).records as Record<string, unknown>[]);
}

/** Runs one command whose handler keeps; answers what the state has then. */
async function keepIn(middle: Effects["middle"], expression = "once('a')") {
  world.middle = middle;
  const disk = await take(commands(expression));
  const device = await live(disk, world);
  await device.run();
  return { disk, device, state: createState(device.journal, "apps"), report: device.reports[0] };
}

describe("state that a command keeps", () => {
  it("is in one record with its result", async () => {
    const { disk, state } = await keepIn((_, call) => {
      void call.keep("level", 1);
      void call.keep("mode", { night: true });
    });
    const [ended, ...others] = recordsOf(disk).filter(({ t, kept }) => t === "ended" || t === "kept" || kept);
    expect(ended).toMatchObject({
      t: "ended",
      kept: {
        owner: "apps",
        values: [
          ["level", 1],
          ["mode", { night: true }],
        ],
      },
      result: { status: "ok" },
    });
    expect(others).toEqual([]);
    expect(state.entries()).toEqual([
      ["level", 1],
      ["mode", { night: true }],
    ]);
  });

  it.each(["afterKill", "afterPowerCut"] as const)(
    "is there after a crash (%s) exactly if its result is",
    async (reboot) => {
      const middle: Effects["middle"] = (name, call) => {
        if (name === "a") void call.keep("by", name);
        return "kept";
      };
      const seen = new Set<string>();
      await killEverywhere({
        make: () => take(commands("read('a')", "once('b')")),
        work: async (disk) => (await live(disk, { effects: [], middle })).run(),
        reboot,
        judge: async (left) => {
          const { journal } = await live(left, fresh());
          const { open } = journal.state.services.get("apps") ?? {};
          const isEnded = open === undefined || open.entries.get(0)?.result?.result === '"kept"';
          expect(createState(journal, "apps").get("by")).toBe(isEnded ? "a" : undefined);
          seen.add(`${isEnded}`);
        },
      });
      expect([...seen].sort()).toEqual(["false", "true"]);
    },
  );

  it("of a read survives a power cut as soon as its result is told", async () => {
    const disk = await take(commands("read('a')", "read('b')"));
    let left = disk;
    world.middle = (name, call) => {
      if (name === "a") void call.keep("by", "a");
      else left = disk.afterPowerCut();
    };
    await (await live(disk, world)).run();
    expect(createState((await live(left, fresh())).journal, "apps").get("by")).toBe("a");
  });

  it("is seen after the command and not in it", async () => {
    const disk = await take(commands("once('a')", "once('b')"));
    const device = await live(disk, world);
    const state = createState(device.journal, "apps");
    const seen: unknown[] = [];
    world.middle = async (_, call) => {
      seen.push(state.get("count"));
      void call.keep("count", Number(state.get("count") ?? 0) + 1);
      await device.clock.settle();
      seen.push(state.get("count"));
    };
    await device.run();
    expect(seen).toEqual([undefined, undefined, 1, 1]);
    expect(state.get("count")).toBe(2);
  });

  it("is forgotten without a value, and the last word counts", async () => {
    const disk = await take(commands("once('put')", "once('change')"));
    const device = await live(disk, world);
    world.middle = (name, call) => {
      void call.keep("gone", name);
      void call.keep("stays", name);
      if (name === "put") return;
      void call.keep("gone");
      void call.keep("brief", 1);
      void call.keep("brief");
    };
    await device.run();
    expect(createState(device.journal, "apps").entries()).toEqual([["stays", "change"]]);
    const next = await live(disk.afterPowerCut(), world);
    expect(createState(next.journal, "apps").entries()).toEqual([["stays", "change"]]);
  });

  it("is what it was when it was given", async () => {
    const given = { list: [1] };
    const { state } = await keepIn((_, call) => {
      void call.keep("a", given);
      given.list.push(2);
    });
    expect(state.get("a")).toEqual({ list: [1] });
  });

  it("that is no JSON fails the command, and nothing of it is kept", async () => {
    const { state, report } = await keepIn((_, call) => {
      void call.keep("good", 1);
      void call.keep("bad", (() => 1) as unknown as Json); // what a plugin without types may give
    });
    expect(linesOf(report)).toEqual(["error command-failed"]);
    expect(state.entries()).toEqual([]);
  });

  it("is nothing when the handler fails afterwards", async () => {
    const { state, report } = await keepIn((_, call) => {
      void call.keep("a", 1);
      throw new Error("broken");
    });
    expect([linesOf(report), state.entries()]).toEqual([["error command-failed"], []]);
  });

  it("is nothing when its time is up, also what comes too late", async () => {
    let late = () => {};
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world, { limits: { commandMs: 100 } });
    world.middle = (_, call) => {
      void call.keep("early", 1);
      return new Promise((resolve) => {
        late = () => {
          void call.keep("late", 1);
          resolve("too late");
        };
      });
    };
    const running = device.run();
    for (let turn = 0; world.effects.length === 0; turn++) {
      expect(turn).toBeLessThan(1000);
      await device.clock.settle();
    }
    await device.clock.advance(5000);
    await running;
    late();
    await device.clock.settle();
    expect(linesOf(device.reports[0])).toEqual(["error command-timeout"]);
    expect(createState(device.journal, "apps").entries()).toEqual([]);
  });

  it.each(["once", "idempotent"])("of a %s is nothing when the runtime stops in the middle", async (effect) => {
    const cancel = new AbortController();
    const disk = await take(commands(`${effect}('a')`));
    const device = await live(disk, world);
    world.middle = (_, call) => {
      void call.keep("a", 1);
      cancel.abort(new Error("the runtime stops"));
      throw cancel.signal.reason;
    };
    await device.run(cancel.signal, cancel.signal);
    expect(createState(device.journal, "apps").entries()).toEqual([]);
  });

  it("counts where only the text of its result found no room", async () => {
    const disk = await take(commands("once('a')"));
    disk.fault = (operation, path) =>
      operation === "write" && path.startsWith("/state/results/") ? errno("ENOSPC") : undefined;
    const device = await live(disk, world);
    world.middle = (_, call) => {
      void call.keep("a", 1);
      return "x".repeat(100_000);
    };
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(["error disk-full"]);
    expect(createState(device.journal, "apps").get("a")).toBe(1);
  });

  it("tells when it counts, and never where it does not", async () => {
    const told: string[] = [];
    const disk = await take(commands("once('ok')", "once('bad')"));
    const device = await live(disk, world);
    let syncs = 0;
    world.middle = async (name, call) => {
      syncs = disk.count("sync");
      void call.keep(name, 1).then(() => told.push(`${name} after ${disk.count("sync") - syncs > 0}`));
      await device.clock.settle();
      expect(told).not.toContain(`${name} after true`);
      if (name === "bad") throw new Error("broken");
    };
    await device.run();
    await device.clock.settle();
    expect(told).toEqual(["ok after true"]);
  });

  it("may have many names without a word of the process about it", async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => warnings.push(message);
    process.on("warning", note);
    const { state, device } = await keepIn((_, call) => {
      for (let index = 0; index < 100; index++) void call.keep(`name ${index}`, index);
    });
    await device.clock.settle();
    process.off("warning", note);
    expect([state.entries().length, warnings]).toEqual([100, []]);
  });
});
