import { beforeEach, describe, expect, it } from "vitest";
import { longestInline } from "../../core/command/results.ts";
import { sweepLeftovers } from "../../core/transfer/sweep.ts";
import { type Disk, errno } from "../journal/disk.ts";
import { commands, type Effects, fresh, linesOf, live, take } from "./batch.ts";
import { killEverywhere } from "./crash.ts";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

/** A text whose JSON has so many bytes. */
const textOf = (bytes: number) => "x".repeat(bytes - 2);
const large = textOf(longestInline + 1);
const filesOf = (disk: Disk) => [...disk.contents.keys()].filter((path) => path.startsWith("/state/results/"));
const isResult = (path: string) => path.startsWith("/state/results/");
const fullDisk = () => errno("ENOSPC");

/** Runs a large `once` and then stands in the middle of the next entry. */
async function holdLarge(answer = large) {
  const disk = await take(commands("once('large')", "read('next')"));
  let seen: string[] = [];
  world.middle = (name) => {
    if (name === "large") return answer;
    seen = filesOf(disk);
    return "small";
  };
  const device = await live(disk, world);
  await device.run();
  return { disk, device, seen };
}

describe("a result of more than 64 KiB", () => {
  it("lies in a file until its report is safe, and the report has it whole", async () => {
    const { disk, device, seen } = await holdLarge();
    expect(seen).toHaveLength(1);
    expect(filesOf(disk)).toEqual([]);
    expect(device.reports[0]?.commands[0]).toMatchObject({ status: "ok", result: JSON.stringify(large) });
    const [report] = [...disk.contents].filter(([path]) => path.startsWith("/state/outbox/"));
    expect(JSON.parse(String(Buffer.from(report?.[1] ?? []))).commands[0].result).toBe(JSON.stringify(large));
  });

  it("begins at the byte after 65536", async () => {
    expect((await holdLarge(textOf(longestInline))).seen).toEqual([]);
    expect(longestInline).toBe(65_536);
  });

  it("is counted in bytes, not in characters", async () => {
    const answer = "é".repeat(longestInline / 2);
    const { seen, device } = await holdLarge(answer);
    expect(device.reports[0]?.commands[0]?.result).toBe(JSON.stringify(answer));
    expect(seen).toHaveLength(1);
  });

  it.each(["afterKill", "afterPowerCut"] as const)("is whole after a crash (%s) at any operation", async (reboot) => {
    const middle = (name: string) => (name === "a" || name === "b" ? `${name}${large}` : undefined);
    const endings = new Set<string>();
    const effects: string[] = [];
    const operations = await killEverywhere({
      make: () => take(commands("once('a')", "idempotent('b')", "read('c')")),
      work: async (disk) => {
        effects.length = 0;
        return (await live(disk, { effects, middle })).run();
      },
      reboot,
      judge: async (left) => {
        const next = await live(left, { effects, middle });
        await next.run();
        expect(effects.filter((one) => one === "once a").length).toBeLessThanOrEqual(1);
        const [item] = next.journal.state.outbox.values();
        const report = JSON.parse(String(Buffer.from(left.contents.get(`/state/outbox/${item?.file}`) ?? [])));
        const [once, idempotent] = report.commands;
        if (once.status === "ok") expect(once.result).toBe(JSON.stringify(`a${large}`));
        else expect(once.error.code).toBe("interrupted");
        expect(idempotent).toMatchObject({ status: "ok", result: JSON.stringify(`b${large}`) });
        endings.add(once.status);
        await sweepLeftovers(left, "/state", next.journal);
        expect(filesOf(left)).toEqual([]);
      },
    });
    expect([...endings].sort()).toEqual(["error", "ok"]);
    expect(operations).toBeGreaterThan(20);
  });

  it.each([
    ["is gone", (disk: Disk, path: string) => disk.remove(path)],
    ["was changed", async (disk: Disk, path: string) => disk.put(path, Buffer.alloc(longestInline + 1, "y"))],
    ["was cut", async (disk: Disk, path: string) => disk.put(path, Buffer.from(JSON.stringify(large)).subarray(0, -1))],
  ])("whose file %s is told as lost, and the command is not run again", async (_, harm) => {
    const disk = await take(commands("once('large')", "read('next')"));
    const stop = new AbortController();
    world.middle = (name) => {
      if (name !== "large") return null;
      stop.abort();
      return large;
    };
    expect(await (await live(disk, world)).run(stop.signal)).toBe("stopped");
    const [path = "none"] = filesOf(disk);
    await harm(disk, path);
    const next = await live(disk.afterKill(), world);
    expect(await next.run()).toBe("done");
    expect(world.effects).toEqual(["once large", "read next"]);
    const file = path.slice("/state/results/".length);
    const message = `the result could not be kept in the state folder (${file} is gone or was changed); the command itself was carried out`;
    expect(next.reports[0]?.commands[0]).toMatchObject({
      status: "error",
      result: JSON.stringify(message),
      error: { code: "result-lost" },
      attempts: 1,
    });
    expect(linesOf(next.reports[0])?.[1]).toMatch(/^ok/);
  });

  it("is told as disk full where the disk does not take it; the command counts as carried out", async () => {
    const disk = await take(commands("once('large')", "read('next')"));
    world.middle = (name) => (name === "large" ? large : null);
    disk.fault = (operation, path) => (operation === "write" && isResult(path) ? fullDisk() : undefined);
    const device = await live(disk, world);
    expect(await device.run()).toBe("done");
    expect(device.reports[0]?.commands[0]).toMatchObject({
      status: "error",
      error: {
        code: "disk-full",
        message: "disk full: no room for the result of 65537 bytes; the command itself was carried out",
      },
      attempts: 1,
    });
    expect(linesOf(device.reports[0])?.[1]).toMatch(/^ok/);
    expect([world.effects, filesOf(disk)]).toEqual([["once large", "read next"], []]);
  });

  it("stays told as disk full after a restart: what ended does not end otherwise", async () => {
    const disk = await take(commands("once('large')"));
    world.middle = () => large;
    disk.fault = (operation, path) => {
      if (operation === "write" && isResult(path)) return fullDisk();
      return operation === "open" && path.startsWith("/state/outbox") ? new Error("killed") : undefined;
    };
    await expect((await live(disk, world)).run()).rejects.toThrow("killed");
    const next = await live(disk.afterKill(), world);
    await next.run();
    expect([linesOf(next.reports[0]), world.effects]).toEqual([["error disk-full"], ["once large"]]);
  });

  it("leaves the reserve to the small outcome that takes its place", async () => {
    const disk = await take(commands("once('large')", "once('next')"));
    world.middle = (name) => (name === "large" ? large : undefined);
    const device = await live(disk, world);
    expect(await device.reserve.hold()).toBe(true);
    // Room for the beginning of the first command and little else.
    disk.capacity = disk.used + 200;
    expect(await device.run()).toBe("done");
    expect(linesOf(device.reports[0])).toEqual(["error disk-full", 'ok {"effect":"once","attempt":1}']);
    expect(device.reserve.isHeld).toBe(false);
    const next = await live(disk.afterPowerCut(), world);
    expect(next.journal.state.services.get("apps")?.open).toBeUndefined();
    expect([next.journal.state.outbox.size, world.effects]).toEqual([2, ["once large", "once next"]]);
  });

  it("that a disk error keeps from its file is told as lost; the command counts as carried out", async () => {
    const disk = await take(commands("once('large')"));
    world.middle = () => large;
    disk.fault = (operation, path) => (operation === "sync" && isResult(path) ? errno("EIO") : undefined);
    const device = await live(disk, world);
    expect(await device.run()).toBe("done");
    expect([linesOf(device.reports[0]), world.effects]).toEqual([["error result-lost"], ["once large"]]);
    expect(device.reports[0]?.commands[0]?.error?.message).toMatch(/its 65537 bytes: EIO.*was carried out$/);
  });

  it("is its own service's, also where another one has a batch of the same name", async () => {
    const services = ["apps", "lamp"];
    const disk = await take(commands("once('large')", "read('next')"), { services });
    let [larges, nexts] = [0, 0];
    // Both services have their large result before either makes its report.
    world.middle = async (name) => {
      if (name === "large") return `${++larges}${large}`;
      nexts += 1;
      while (nexts < 2) await new Promise((resolve) => setImmediate(resolve));
      return null;
    };
    const device = await live(disk, world, { services });
    await Promise.all(services.map((service) => device.run(undefined, undefined, service)));
    const told = device.reports.map(({ commands }) => commands[0]?.result.slice(0, 40));
    expect(told.sort()).toEqual([`"1${"x".repeat(38)}`, `"2${"x".repeat(38)}`]);
  });
});
