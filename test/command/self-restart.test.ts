import { beforeEach, describe, expect, it } from "vitest";
import { mostAttempts } from "../../core/journal/recover.ts";
import type { Call } from "../../core/plugin/contract.ts";
import { type Disk, errno } from "../journal/disk.ts";
import { commands, dieDuring, type Effects, fresh, linesOf, live, receivedAt, take } from "./batch.ts";
import { killEverywhere } from "./crash.ts";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

/** Restarts at the first run and says at the next what it was left. */
const restartOnce = (_: string, call: Call) =>
  call.restarted === undefined ? call.restart({ from: "1.0" }) : { found: call.restarted.note, attempt: call.attempt };

const restarting = (disk: Disk) =>
  live(disk, fresh()).then(({ journal }) => journal.state.services.get("apps")?.open?.entries.get(0)?.restarting);

describe("a command that restarts the runtime", () => {
  it.each(["once", "idempotent", "read"])("is %s and judged at the next start, by its own handler", async (effect) => {
    world.middle = restartOnce;
    const disk = await take(commands(`${effect}('a')`));
    const first = await live(disk, world);
    expect(await first.run()).toBe("stopped");
    expect([first.reports, first.events]).toEqual([[], ["batch batch-1 of 1", "restart by apps in batch-1"]]);
    await first.journal.close(receivedAt);
    const next = await live(disk.afterPowerCut(), world);
    expect(await next.run()).toBe("done");
    expect(linesOf(next.reports[0])).toEqual(['ok {"found":{"from":"1.0"},"attempt":2}']);
    expect(next.reports[0]).toMatchObject({ general_status: "ok", commands: [{ attempts: 2 }] });
    expect(world.effects).toEqual([`${effect} a`, `${effect} a`]);
  });

  it("leaves nothing when it names no note, which is null", async () => {
    world.middle = (_, call) => (call.restarted === undefined ? call.restart() : call.restarted);
    const disk = await take(commands("once('a')"));
    await (await live(disk, world)).run();
    const next = await live(disk.afterKill(), world);
    await next.run();
    expect(linesOf(next.reports[0])).toEqual(['ok {"note":null}']);
  });

  it("is in the journal before anybody is told", async () => {
    world.middle = restartOnce;
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    let left: Disk | undefined;
    const { push } = device.events;
    device.events.push = (...lines) => {
      if (lines.some((line) => line.startsWith("restart"))) left = disk.afterPowerCut();
      return push.apply(device.events, lines);
    };
    await device.run();
    if (left === undefined) throw new Error("nobody was told");
    expect(await restarting(left)).toEqual({ note: { from: "1.0" } });
  });

  it("has the signal of its handler aborted, and what it answers then is no result", async () => {
    const told: unknown[] = [];
    world.middle = async (_, call) => {
      if (call.restarted !== undefined) return "judged";
      await call.restart("note").catch((thrown: unknown) => told.push(String(thrown)));
      told.push(call.signal.aborted);
      return "not yet";
    };
    const disk = await take(commands("once('a')", "once('b')"));
    expect(await (await live(disk, world)).run()).toBe("stopped");
    expect(told).toEqual(["Error: the runtime restarts", true]);
    expect(world.effects).toEqual(["once a"]);
    const next = await live(disk.afterKill(), world);
    world.middle = (name, call) => (name === "a" ? call.restarted : "b");
    await next.run();
    expect(linesOf(next.reports[0])).toEqual(['ok {"note":"note"}', 'ok "b"']);
  });

  it("keeps nothing of the run that it ends", async () => {
    world.middle = (_, call) => {
      void call.keep(call.restarted === undefined ? "before" : "after", 1);
      return restartOnce("", call);
    };
    const disk = await take(commands("once('a')"));
    await (await live(disk, world)).run();
    const next = await live(disk.afterKill(), world);
    await next.run();
    expect([...(next.journal.state.kept.get("apps") ?? [])]).toEqual([["after", 1]]);
  });

  it("is interrupted when the runtime dies while it is judged, unless it may run again", async () => {
    for (const [effect, ending] of [
      ["once", "error interrupted"],
      ["idempotent", 'ok {"restarted":false,"attempt":3}'],
    ]) {
      const effects: string[] = [];
      const disk = await take(commands(`${effect}('a')`));
      await (await live(disk, { effects, middle: restartOnce })).run();
      const judged = await dieDuring("a", disk.afterKill(), { effects, middle: restartOnce });
      const middle = (_: string, call: Call) => ({ restarted: call.restarted !== undefined, attempt: call.attempt });
      const last = await live(judged, { effects, middle });
      expect(await last.run()).toBe("done");
      expect(linesOf(last.reports[0])).toEqual([ending]);
      expect(effects).toHaveLength(effect === "once" ? 2 : 3);
    }
  });

  it(`that restarts again and again is run ${mostAttempts} times at the most`, async () => {
    world.middle = (_, call) => call.restart("again");
    let disk = await take(commands("once('a')"));
    for (let life = 0; life < mostAttempts; life++) {
      const device = await live(disk, world);
      expect(await device.run()).toBe("stopped");
      await device.journal.close(receivedAt);
      disk = disk.afterPowerCut();
    }
    const last = await live(disk, world);
    expect(await last.run()).toBe("done");
    expect(world.effects).toHaveLength(mostAttempts);
    expect(last.reports[0]?.commands[0]).toMatchObject({ error: { code: "interrupted" }, attempts: mostAttempts });
  });

  it.each([
    ["EIO", "write"],
    ["EIO", "sync"],
    ["ENOSPC", "write"],
  ] as const)("whose record fails with %s at a %s fails, and nobody is told to restart", async (code, at) => {
    const disk = await take(commands("once('a')", "read('b')"));
    const device = await live(disk, world);
    world.middle = async (name, call) => {
      if (name === "b") return "b";
      disk.fault = (operation, path) => (operation === at && path.includes("journal") ? errno(code) : undefined);
      try {
        return await call.restart("note");
      } finally {
        disk.fault = () => undefined;
      }
    };
    expect(await device.run()).toBe("done");
    expect(linesOf(device.reports[0])).toEqual([code === "EIO" ? "error command-failed" : "error disk-full", 'ok "b"']);
    expect(device.events.filter((line) => line.startsWith("restart"))).toEqual([]);
    const next = await live(disk.afterPowerCut(), world);
    expect(next.journal.state.services.get("apps")?.open).toBeUndefined();
  });

  it("whose note is no JSON fails", async () => {
    world.middle = (_, call) => call.restart((() => 1) as never); // what a plugin without types may give
    const device = await live(await take(commands("once('a')")), world);
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(["error command-failed"]);
  });

  it("that does not wait for the end has the result that it answered", async () => {
    world.middle = (_, call) => {
      call.restart("note").catch(() => undefined);
      return "answered at once";
    };
    const disk = await take(commands("once('a')"));
    let device = await live(disk, world);
    if ((await device.run()) === "stopped") {
      device = await live(disk.afterKill(), world);
      world.middle = () => "judged";
      await device.run();
    }
    expect(device.reports).toHaveLength(1);
    expect(linesOf(device.reports[0])?.[0]).toMatch(/^ok "(answered at once|judged)"$/);
  });

  it.each(["afterKill", "afterPowerCut"] as const)("has one result wherever it is killed (%s)", async (reboot) => {
    const endings = new Set<string>();
    const effects: string[] = [];
    const middle = (name: string, call: Call) => (name === "a" ? restartOnce(name, call) : undefined);
    await killEverywhere({
      make: async () => {
        const disk = await take(commands("once('a')", "once('b')"));
        return disk;
      },
      work: async (disk) => {
        effects.length = 0;
        const device = await live(disk, { effects, middle });
        if ((await device.run()) === "stopped") await (await live(disk, { effects, middle })).run();
      },
      reboot,
      judge: async (left) => {
        let device = await live(left, { effects, middle });
        if ((await device.run()) === "stopped") {
          device = await live(left, { effects, middle });
          expect(await device.run()).toBe("done");
        }
        expect(device.journal.state.outbox.size).toBe(2);
        expect(effects.filter((one) => one === "once a").length).toBeLessThanOrEqual(2);
        expect(effects.filter((one) => one === "once b").length).toBeLessThanOrEqual(1);
        const [report] = device.reports;
        if (report !== undefined) endings.add(String(linesOf(report)?.[0]));
      },
    });
    expect([...endings].sort()).toEqual(["error interrupted", 'ok {"found":{"from":"1.0"},"attempt":2}']);
  });
});
