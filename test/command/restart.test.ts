import { describe, expect, it } from "vitest";
import type { EntryResult } from "../../core/journal/records.ts";
import { mostAttempts } from "../../core/journal/recover.ts";
import { type Disk, killAt } from "../journal/disk.ts";
import { commands, type Effects, fresh, live, take } from "./batch.ts";

const expressions = ["read('a')", "once('b')", "nothing()", "idempotent('c')", "once('d')"];
const document = commands(...expressions);
const reboots = ["afterKill", "afterPowerCut"] as const;

const count = (world: Effects, effect: string) => world.effects.filter((one) => one === effect).length;

/** The results that a start finds in the journal, by entry. */
async function known(disk: Disk): Promise<ReadonlyMap<number, EntryResult>> {
  const { journal } = await live(disk, fresh());
  const entries = journal.state.services.get("apps")?.open?.entries ?? new Map();
  return new Map([...entries].flatMap(([index, { result }]) => (result === undefined ? [] : [[index, result]])));
}

describe.each(reboots)("a crash (%s)", (reboot) => {
  it("at any operation of the disk leads to one result an entry, and runs nothing once too often", async () => {
    const whole = await take(document);
    const before = whole.log.length;
    await (await live(whole, fresh())).run();
    const operations = whole.log.length - before;
    const outcomes = new Set<string>();
    for (let at = 1; at <= operations; at++) {
      const world = fresh();
      const disk = await take(document);
      disk.fault = killAt(disk.log.length + at);
      await live(disk, world).then(
        (device) => device.run().catch(() => undefined),
        () => undefined,
      );
      const left = disk[reboot]();
      const results = await known(left[reboot]());
      const next = await live(left, world);
      if (next.journal.state.services.get("apps")?.open === undefined) {
        // The report was safe before the crash; nothing runs again.
        expect(await next.run()).toBe("done");
        expect(next.journal.state.outbox.size).toBe(2);
        continue;
      }
      expect(await next.run()).toBe("done");
      const report = next.reports[0];
      expect(report?.commands.map(({ command }) => command)).toEqual(expressions);
      for (const effect of ["once b", "once d"]) expect(count(world, effect)).toBeLessThanOrEqual(1);
      for (const effect of ["read a", "idempotent c"]) expect(count(world, effect)).toBeLessThanOrEqual(2);
      for (const [index, { result, startedAt }] of results) {
        expect(report?.commands[index]).toMatchObject({ result, started_at: startedAt });
      }
      for (const index of [1, 4]) {
        const { status, result } = report?.commands[index] ?? {};
        if (status === "error") expect(result).toBe('"interrupted: outcome unknown"');
        outcomes.add(`${index} ${status}`);
      }
    }
    expect([...outcomes].sort()).toEqual(["1 error", "1 ok", "4 error", "4 ok"]);
  });

  it.each(["read", "idempotent"])(
    `again and again runs a %s command ${mostAttempts} times and then gives up`,
    async (effect) => {
      const world = fresh();
      let disk = await take(commands(`${effect}('a')`));
      // A power cut may take the beginning of a read with it: then it has not counted.
      const lives = effect === "read" && reboot === "afterPowerCut" ? 0 : mostAttempts;
      for (let life = 0; life < lives; life++) {
        const device = await live(disk, world);
        world.middle = () => {
          disk.fault = killAt(0);
        };
        await device.run().catch(() => undefined);
        disk = disk[reboot]();
      }
      world.middle = () => undefined;
      const last = await live(disk, world);
      expect(await last.run()).toBe("done");
      expect(count(world, `${effect} a`)).toBe(Math.max(lives, 1));
      const [entry] = last.reports[0]?.commands ?? [];
      if (lives > 0) expect(entry).toMatchObject({ result: '"interrupted: outcome unknown"', attempts: mostAttempts });
    },
  );
});

describe("after a crash", () => {
  it.each([
    ["once('b')", 0],
    ["read('b')", 20],
  ])(
    "the result of a command that must not be repeated is still known when %s was begun %d ms after it",
    async (next, ms) => {
      const world = fresh();
      const disk = await take(commands("once('a')", next));
      const device = await live(disk, world);
      world.middle = async (name) => {
        if (name !== "b") return;
        await device.clock.advance(ms);
        disk.fault = killAt(0);
      };
      await device.run().catch(() => undefined);
      const after = await live(disk.afterPowerCut(), world);
      await after.run();
      expect(after.reports[0]?.commands[0]?.status).toBe("ok");
      expect(count(world, "once a")).toBe(1);
    },
  );

  it("tells batch and command once more from the first entry, and the report once", async () => {
    const disk = await take(commands("read('a')", "once('b')"));
    const world = fresh();
    const stop = new AbortController();
    world.middle = () => stop.abort();
    const first = await live(disk, world);
    expect(await first.run(stop.signal)).toBe("stopped");
    await first.journal.flush();
    const next = await live(disk.afterPowerCut(), world);
    expect(await next.run()).toBe("done");
    expect([first.events, next.events]).toEqual([
      ["batch batch-1 of 2", "0 ok"],
      ["batch batch-1 of 2", "0 ok", "1 ok"],
    ]);
    expect([first.reports.length, next.reports.length]).toEqual([0, 1]);
    const last = await live(next.disk.afterPowerCut(), world);
    await last.run();
    expect([last.events, last.reports]).toEqual([[], []]);
    expect(world.effects).toEqual(["read a", "once b"]);
  });

  it("an interrupted command keeps the time when it began", async () => {
    const world = fresh();
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    world.middle = () => {
      disk.fault = killAt(0);
    };
    await device.run().catch(() => undefined);
    const next = await live(disk.afterPowerCut(), fresh(), { now: Date.UTC(2026, 0, 1) });
    await next.run();
    expect(next.reports[0]?.commands[0]).toMatchObject({
      started_at: "2025-01-01T00:00:00.000Z",
      attempts: 1,
      error: { code: "interrupted" },
    });
  });

  it("the report is the one that would have been made before it", async () => {
    const whole = await take({
      on_error: "stop",
      commands: commands("read('a')", "nothing()", "once('b')", "once('c')"),
    });
    const first = await live(whole, fresh());
    whole.fault = (operation, path) =>
      path.startsWith("/state/outbox") && operation === "open" ? new Error("the process was killed here") : undefined;
    await expect(first.run()).rejects.toThrow("killed");
    const left = whole.afterKill();
    const second = await live(left, fresh(), { now: Date.UTC(2027, 0, 1) });
    await second.run();
    whole.fault = () => undefined;
    await first.run();
    expect(second.reports).toEqual(first.reports);
    // Each life names the file itself; the bytes are the same.
    const bytesOf = (disk: Disk) =>
      [...disk.contents].flatMap(([path, bytes]) => (path.startsWith("/state/outbox") ? [bytes] : []));
    expect(bytesOf(left)).toHaveLength(1);
    expect(bytesOf(left)).toEqual(bytesOf(whole));
  });
});
