import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../flows/device.ts";
import { EnvironmentDevice, nothingLeft } from "./environment-device.ts";
import { isSkipped, TinyDisk, WornDisk } from "./environment-mount.ts";

const reserve = 64 * 1024;
let disk: TinyDisk | WornDisk;
let device: EnvironmentDevice;

function use<Disk extends TinyDisk | WornDisk>(made: Disk): Disk {
  disk = made;
  device = new EnvironmentDevice({ stateDir: `${made.path}/state`, limits: { reserve_bytes: reserve } });
  return made;
}

afterEach(async () => {
  await device?.remove();
  disk?.remove();
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Everything that was sent has its one result and was done once. */
async function expectAllOnce(ids: readonly string[]): Promise<void> {
  for (const id of ids) await device.report(id);
  expect(device.results()).toEqual(ids.map((id) => `${id}.json`).sort());
  const sent = ids.map((id) => `mark-${id}`);
  expect(device.done.filter((name) => name.startsWith("mark-")).sort()).toEqual([...sent].sort());
}

const fillings = [
  { what: "to the last byte", options: "size=1m", fill: (full: TinyDisk) => full.fillBytes() },
  { what: "to the last file", options: "size=4m,nr_inodes=40", fill: (full: TinyDisk) => full.fillFiles() },
];

describe.skipIf(isSkipped).each(fillings)("a disk that is filled $what", ({ options, fill }) => {
  let tiny: TinyDisk;
  beforeEach(() => {
    tiny = use(TinyDisk.mount(options));
  });

  it("while a command runs keeps no outcome from being reported, and nothing new is taken until there is room", async () => {
    const running = await device.start();
    device.send("first", ["mark('mark-first')"]);
    await device.report("first");
    device.send("second", ["linger('begun', 1500)", "mark('mark-second')"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    fill(tiny);
    const report = await device.report("second");
    expect(report.commands[0]).toMatchObject({ status: "ok" });
    fill(tiny);
    device.send("third", ["mark('mark-third')"]);
    await running.says("disk full");
    await pause(1500);
    expect(device.results()).not.toContain("third.json");
    expect(device.done).not.toContain("mark-third");
    expect(running.isAlive).toBe(true);
    tiny.empty();
    await expectAllOnce(["first", "second", "third"]);
    expect(await device.finish(running)).toEqual(nothingLeft);
  });

  it("at every moment of its work loses and doubles nothing", async () => {
    const running = await device.start();
    const ids: string[] = [];
    for (let number = 0; number < 8; number++) {
      const id = `number-${number}`;
      ids.push(id);
      device.send(id, [`mark('mark-${id}')`, `set('set-${id}')`]);
      await pause(number * 15);
      fill(tiny);
      await pause(200);
      expect(running.isAlive).toBe(true);
      tiny.empty();
      await device.report(id);
    }
    await expectAllOnce(ids);
    expect(await device.finish(running)).toEqual(nothingLeft);
  });

  it("says so in a result that finds no room, or waits with it", async () => {
    const running = await device.start();
    device.send("large", ["linger('begun', 1000)", "big('mark-large', 300000)"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    fill(tiny);
    await eventually("the other command", () => device.done.includes("mark-large") || undefined);
    await pause(1000);
    const isWaiting = !device.results().includes("large.json");
    if (isWaiting) tiny.empty();
    const [lingered, large] = (await device.report("large", 30_000)).commands;
    expect(lingered).toMatchObject({ status: "ok" });
    if (large?.status === "error") expect(large.result).toContain("disk full");
    else expect(large?.result).toHaveLength(300_002);
    tiny.empty();
    device.send("after", ["mark('mark-after')"]);
    await device.report("after");
    expect(device.done).toEqual(["begun", "mark-large", "mark-after"]);
    expect(await device.finish(running)).toEqual(nothingLeft);
  });

  it("before the start leaves room enough to go on with what was begun", async () => {
    const first = await device.start();
    device.send("first", ["linger('begun', 60000)", "mark('mark-first')"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    await first.stop("SIGKILL");
    fill(tiny);
    const second = await device.start();
    const [begun] = (await device.report("first")).commands;
    expect(begun?.error?.code).toBe("interrupted");
    device.send("second", ["mark('mark-second')"]);
    await second.says("disk full");
    tiny.empty();
    await expectAllOnce(["first", "second"]);
    expect(await device.finish(second)).toEqual(nothingLeft);
  });

  it("before the start, reserve and all, ends it with the reason or lets it wait; nothing is lost", async () => {
    const first = await device.start();
    device.send("first", ["mark('mark-first')", "linger('begun', 60000)", "mark('mark-second')"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    await first.stop("SIGKILL");
    for (let start = 0; start < 3; start++) {
      for (const name of readdirSync(device.stateDir)) {
        if (name.startsWith("reserve")) rmSync(join(device.stateDir, name));
      }
      fill(tiny);
      const running = device.launch();
      await eventually(
        "a start or its end",
        () => running.said.includes("ready device=") || !running.isAlive || undefined,
      );
      if (running.isAlive) expect(await running.stop()).toBe(0);
      else expect(await running.end()).toBeGreaterThan(0);
      expect(running.said).toMatch(/disk full|ENOSPC|disk is nearly full/);
    }
    expect(device.done).toEqual(expect.arrayContaining(["mark-first", "begun"]));
    tiny.empty();
    const last = await device.start();
    expect((await device.report("first")).commands[1]?.error?.code).toBe("interrupted");
    expect(device.done).toEqual(["mark-first", "begun", "mark-second"]);
    expect(await device.finish(last)).toEqual(nothingLeft);
  });
});

describe.skipIf(isSkipped)("a disk that is read-only", () => {
  it("at the start is told with the reason, and nothing is changed; once it is writable the device goes on", async () => {
    const tiny = use(TinyDisk.mount("size=4m"));
    const first = await device.start();
    device.send("first", ["mark('mark-first')"]);
    await device.report("first");
    expect(await first.stop()).toBe(0);
    tiny.remount("ro");
    device.send("second", ["mark('mark-second')"]);
    const refused = device.launch();
    expect(await refused.end()).toBe(2);
    expect(refused.said).toContain(`state folder ${device.stateDir} cannot be used`);
    expect(refused.said).toMatch(/EROFS|read-only/);
    expect(refused.said).not.toMatch(/\n\s+at .+[:(]\d+/);
    tiny.remount("rw");
    const next = await device.start();
    await expectAllOnce(["first", "second"]);
    expect(await device.finish(next)).toEqual(nothingLeft);
  });

  it("from some moment on leaves the device alive and saying why; after its repair nothing is lost or doubled", async () => {
    const worn = use(new WornDisk());
    const first = await device.start();
    device.send("first", ["mark('mark-first')"]);
    await device.report("first");
    device.send("second", ["linger('begun', 1000)", "mark('mark-second')"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    worn.wearOut();
    await first.says(/EROFS|read-only/);
    await pause(2000);
    expect(first.isAlive).toBe(true);
    expect(device.done).not.toContain("mark-second");
    expect(first.said.match(/EROFS/g)?.length).toBeLessThan(20);
    expect(await first.stop()).toBe(0);
    worn.repair();
    const next = await device.start();
    const [begun] = (await device.report("second")).commands;
    expect(begun?.error?.code).toBe("interrupted");
    await expectAllOnce(["first", "second"]);
    expect(await device.finish(next)).toEqual(nothingLeft);
  });
});
