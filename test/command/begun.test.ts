import { beforeEach, describe, expect, it } from "vitest";
import type { JournalRecord } from "../../core/journal/records.ts";
import type { EntryState } from "../../core/journal/state.ts";
import { type Disk, type DiskOperation, errno } from "../journal/disk.ts";
import { commands, dieDuring, type Effects, fresh, type Life, linesOf, live, receivedAt, take } from "./batch.ts";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

const entryOf = ({ journal }: Life): EntryState | undefined => journal.state.services.get("apps")?.open?.entries.get(0);

/** Lets the journal's own operations of one kind fail. */
function breakJournal(disk: Disk, at: DiskOperation, code: string): void {
  disk.fault = (operation, path) => (operation === at && path.includes("/journal/") ? errno(code) : undefined);
}

const failures = [
  ["write", "EIO"],
  ["sync", "EIO"],
  ["write", "ENOSPC"],
  ["sync", "ENOSPC"],
] as const;

describe("a batch whose record was not made durable", () => {
  it.each(["read('a')", "once('a')"])(
    "is neither told nor run (%s), and is as soon as the disk works",
    async (text) => {
      const disk = await take(commands(text));
      const device = await live(disk, world);
      breakJournal(disk, "sync", "EIO");
      await expect(device.journal.append([{ t: "gone", service: "other" }], { durable: true })).rejects.toThrow("EIO");
      await expect(device.run()).rejects.toThrow("EIO");
      expect([world.effects, device.events, device.reports]).toEqual([[], [], []]);
      disk.fault = () => undefined;
      expect(await device.run()).toBe("done");
      expect(world.effects).toHaveLength(1);
    },
  );
});

describe("a command whose beginning cannot be written", () => {
  it.each(failures)("is not run while a %s fails with %s, and runs once when the disk works", async (at, code) => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    breakJournal(disk, at, code);
    for (let time = 0; time < 5; time++) {
      await expect(device.run()).rejects.toThrow(code);
      expect([world.effects, entryOf(device), device.reports]).toEqual([[], undefined, []]);
    }
    disk.fault = () => undefined;
    expect(await device.run()).toBe("done");
    expect(linesOf(device.reports[0])).toEqual(['ok {"effect":"once","attempt":1}']);
    expect(world.effects).toEqual(["once a"]);
  });

  it.each(failures)("runs once at the most when a %s failed with %s and the device died of it", async (at, code) => {
    for (const reboot of ["afterKill", "afterPowerCut"] as const) {
      world = fresh();
      const disk = await take(commands("once('a')"));
      const device = await live(disk, world);
      breakJournal(disk, at, code);
      await expect(device.run()).rejects.toThrow(code);
      const next = await live(disk[reboot](), world);
      expect(await next.run()).toBe("done");
      const [line] = linesOf(next.reports[0]) ?? [];
      expect(line).toBe(world.effects.length === 0 ? "error interrupted" : 'ok {"effect":"once","attempt":1}');
      expect(world.effects.length).toBeLessThanOrEqual(1);
    }
  });

  it("has not counted as an attempt", async () => {
    const left = await dieDuring("a", await take(commands("idempotent('a')")), world);
    const device = await live(left, world);
    const before = { ...entryOf(device) };
    expect(before).toMatchObject({ attempts: 1, effect: "idempotent" });
    breakJournal(left, "sync", "EIO");
    await expect(device.run()).rejects.toThrow("EIO");
    expect(entryOf(device)).toEqual(before);
    left.fault = () => undefined;
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(['ok {"effect":"idempotent","attempt":2}']);
    expect(world.effects).toEqual(["idempotent a", "idempotent a"]);
  });

  it("still is to be judged when it had restarted the runtime", async () => {
    const disk = await take(commands("once('a')"));
    world.middle = (_, call) => call.restarted ?? call.restart("note");
    expect(await (await live(disk, world)).run()).toBe("stopped");
    const left = disk.afterPowerCut();
    const device = await live(left, world);
    breakJournal(left, "write", "EIO");
    await expect(device.run()).rejects.toThrow("EIO");
    expect(entryOf(device)?.restarting).toEqual({ note: "note" });
    left.fault = () => undefined;
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(['ok {"note":"note"}']);
  });

  it("keeps nothing else from being written by other services meanwhile", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    let isBroken = true;
    disk.fault = (operation, path) => {
      if (!isBroken || operation !== "sync" || !path.includes("/journal/")) return undefined;
      isBroken = false;
      return errno("EIO");
    };
    const running = device.run();
    await expect(running).rejects.toThrow("EIO");
    await device.journal.append([{ t: "kept", owner: "lamp", name: "level", value: 1 }], { durable: true });
    const next = await live(disk.afterPowerCut(), world);
    expect([next.journal.state.kept.get("lamp")?.get("level"), entryOf(next)]).toEqual([1, undefined]);
  });
});

const damaged: JournalRecord = { t: "damaged", at: receivedAt, reason: "for tests" };

describe("a batch of which records may be missing", () => {
  it("runs what only reads or may be repeated, and nothing else that is not known to have ended", async () => {
    const document = commands("once('ended')", "once('a')", "read('b')", "idempotent('c')", "once('d')", "nothing()");
    const disk = await take(document);
    const first = await live(disk, world);
    const stop = new AbortController();
    world.middle = () => stop.abort();
    await first.run(stop.signal);
    await first.journal.append([damaged], { durable: true });
    world.middle = () => undefined;
    const device = await live(disk.afterPowerCut(), world);
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual(["once ended", "read b", "idempotent c"]);
    expect(linesOf(device.reports[0])).toEqual([
      'ok {"effect":"once","attempt":1}',
      "error interrupted",
      'ok {"effect":"read","attempt":1}',
      'ok {"effect":"idempotent","attempt":1}',
      "error interrupted",
      "error command-unknown",
    ]);
    expect(device.reports[0]?.general_status).toBe("ok");
  });

  it("is no other one: the next runs as ever", async () => {
    const disk = await take(commands("once('a')"), { records: [damaged] });
    const device = await live(disk, world);
    await device.run();
    disk.put("/state/incoming/new.json", Buffer.from(JSON.stringify(commands("once('b')"))));
    const document = { etag: '"2"', version: "2" };
    await device.journal.append(
      [
        { t: "known", service: "apps", document },
        { t: "received", service: "apps", batch: "batch-2", at: receivedAt, document, file: "new.json" },
      ],
      { durable: true },
    );
    await device.run();
    expect(world.effects).toEqual(["once b"]);
  });

  it("is one whose service's document was not looked at since the damage", async () => {
    const disk = await take(commands("once('a')"), { services: [], records: [damaged] });
    const device = await live(disk, world);
    disk.put("/state/incoming/new.json", Buffer.from(JSON.stringify(commands("once('b')", "read('c')"))));
    const document = { etag: '"2"', version: "2" };
    await device.journal.append(
      [{ t: "received", service: "apps", batch: "batch-2", at: receivedAt, document, file: "new.json" }],
      { durable: true },
    );
    await device.run();
    expect(world.effects).toEqual(["read c"]);
  });

  it("is found when the bytes of its journal have changed", async () => {
    const disk = await take(commands("once('a')", "once('b')", "read('c')"));
    await dieDuring("c", disk, world);
    const left = disk.afterKill();
    const [path = "", bytes = new Uint8Array()] =
      [...left.contents]
        .filter(([name]) => name.endsWith(".journal"))
        .sort()
        .at(-1) ?? [];
    const broken = Buffer.from(bytes);
    // Somewhere in the records of `once('a')`, with durable ones behind it.
    const at = broken.indexOf('"t":"begun"');
    expect(at).toBeGreaterThan(0);
    broken.writeUInt8(broken.readUInt8(at) ^ 1, at);
    left.put(path, broken);
    const reasons: string[] = [];
    const device = await live(left, world, { onDamage: ({ message }) => reasons.push(message) });
    expect(reasons).toHaveLength(1);
    await device.run();
    expect(world.effects.filter((effect) => effect.startsWith("once"))).toEqual(["once a", "once b"]);
    expect(linesOf(device.reports[0])?.[2]).toMatch(/^ok/);
  });
});
