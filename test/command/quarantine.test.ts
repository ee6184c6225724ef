import { beforeEach, describe, expect, it } from "vitest";
import { RustiqError } from "../../core/errors.ts";
import { mostDeaths } from "../../core/journal/recover.ts";
import type { Disk } from "../journal/disk.ts";
import { commands, dieDuring, type Effects, fresh, linesOf, live, receivedAt, take } from "./batch.ts";
import { killEverywhere } from "./crash.ts";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

/** So many deaths, none of them in a handler. */
async function die(disk: Disk, times: number): Promise<Disk> {
  let left = disk;
  for (let life = 0; life < times; life++) {
    await live(left, fresh());
    left = left.afterPowerCut();
  }
  return left;
}

const expressions = ["read('ended')", "once('begun')", "idempotent('begun')", "once('rest')"];

/** One result, one death in a `once`, one in an `idempotent`, and as many more as are wanted. */
async function makeDeadly(deaths: number): Promise<Disk> {
  let disk = await take(commands(...expressions));
  const effects: string[] = [];
  disk = await dieDuring("begun", disk, { effects, middle: () => undefined });
  disk = await dieDuring("begun", disk, { effects, middle: () => undefined });
  expect(effects).toEqual(["read ended", "once begun", "idempotent begun"]);
  return die(disk, deaths - 2);
}

describe("a batch during which the runtime died three times", () => {
  it("is run no further and reported as a whole", async () => {
    const device = await live(await makeDeadly(mostDeaths), world);
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual([]);
    const message = "not run: the device died 3 times while this document was open";
    expect(device.reports[0]).toMatchObject({
      general_status: "error",
      general_error: message,
      error: { code: "quarantined", message },
    });
    expect(device.reports[0]?.commands.map(({ command }) => command)).toEqual(expressions);
    expect(linesOf(device.reports[0])).toEqual([
      'ok {"effect":"read","attempt":1}',
      "error interrupted",
      "error quarantined",
      "error quarantined",
    ]);
    expect(device.reports[0]?.commands.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 0]);
    expect(device.journal.state.services.get("apps")?.open).toBeUndefined();
  });

  it("is run on after two", async () => {
    const device = await live(await makeDeadly(mostDeaths - 1), world);
    await device.run();
    expect(world.effects).toEqual(["idempotent begun", "once rest"]);
    expect(device.reports[0]).toMatchObject({ general_status: "ok", general_error: "" });
    expect(linesOf(device.reports[0])?.slice(1)).toEqual([
      "error interrupted",
      'ok {"effect":"idempotent","attempt":2}',
      'ok {"effect":"once","attempt":1}',
    ]);
  });

  it("is not meant when the runtime was stopped, however often", async () => {
    let disk = await take(commands("once('a')"));
    for (let life = 0; life < 2 * mostDeaths; life++) {
      const { journal } = await live(disk, fresh());
      await journal.close(receivedAt);
      disk = disk.afterPowerCut();
    }
    const device = await live(await die(disk, mostDeaths - 1), world);
    expect(device.journal.state.services.get("apps")?.open?.deaths).toBe(mostDeaths - 1);
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(['ok {"effect":"once","attempt":1}']);
  });

  it("is not one that was taken after two of them", async () => {
    const version = { etag: '"2"', version: "2" };
    const before = await die(await take(commands("once('old')")), mostDeaths - 1);
    const device = await live(before, world);
    await device.run();
    before.put("/state/incoming/new.json", Buffer.from(JSON.stringify(commands("once('new')"))));
    await device.journal.append(
      [{ t: "received", service: "apps", batch: "batch-2", at: receivedAt, document: version, file: "new.json" }],
      { durable: true },
    );
    const next = await live(before.afterPowerCut(), world);
    expect(next.journal.state.services.get("apps")?.open?.deaths).toBe(1);
    await next.run();
    expect(world.effects).toEqual(["once old", "once new"]);
    expect(next.reports[0]?.general_status).toBe("ok");
  });

  it("does not end every service's batch", async () => {
    const services = ["apps", "lamp"];
    let disk = await take(commands("once('a')"), { services: ["apps"] });
    disk = await die(disk, mostDeaths);
    const device = await live(disk, world, { services });
    disk.put("/state/incoming/lamp.json", Buffer.from(JSON.stringify(commands("once('b')"))));
    const document = { etag: '"2"', version: "2" };
    await device.journal.append(
      [{ t: "received", service: "lamp", batch: "batch-2", at: receivedAt, document, file: "lamp.json" }],
      { durable: true },
    );
    await device.run();
    await device.run(undefined, undefined, "lamp");
    expect(world.effects).toEqual(["once b"]);
    expect(device.reports.map(({ general_status }) => general_status)).toEqual(["error", "ok"]);
  });

  it("is said of the batch by the runtime alone", async () => {
    world.middle = () => {
      throw new RustiqError("quarantined", "this file is quarantined");
    };
    const device = await live(await take(commands("once('scan')")), world);
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(["error quarantined"]);
    expect(device.reports[0]).toMatchObject({ general_status: "ok", general_error: "" });
  });

  it.each(["afterKill", "afterPowerCut"] as const)(
    "has the same report wherever its end is killed (%s)",
    async (reboot) => {
      const reports = new Set<string>();
      await killEverywhere({
        make: () => makeDeadly(mostDeaths),
        work: async (disk) => (await live(disk, world)).run(),
        reboot,
        judge: async (left) => {
          const device = await live(left, world);
          await device.run();
          const [item] = device.journal.state.outbox.values();
          const report = JSON.parse(String(Buffer.from(left.contents.get(`/state/outbox/${item?.file}`) ?? [])));
          reports.add(JSON.stringify(report));
        },
      });
      expect(world.effects).toEqual([]);
      expect([...reports].map((report) => JSON.parse(report).general_status)).toEqual(["error"]);
    },
  );
});
