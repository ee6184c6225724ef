import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { rememberedBatches } from "../../core/journal/apply.ts";
import type { JournalRecord } from "../../core/journal/records.ts";
import type { Fault } from "../../core/testkit/faulty.ts";
import { Memory } from "../../core/testkit/memory.ts";
import { sweepLeftovers } from "../../core/transfer/sweep.ts";
import { errno } from "../journal/disk.ts";
import { emptyReport, makeTransfers } from "./around.ts";

type Device = Awaited<ReturnType<typeof makeTransfers>>;

const { signal } = new AbortController();
const key = "apps/commands.json";
const reserveBytes = 4096;

const send = (device: Device, text: string) => device.stores.get("incoming").write(key, Buffer.from(text), { signal });
const named = (id: string) => JSON.stringify({ id, commands: [] });
const openOf = ({ journal }: Device) => journal.state.services.get("apps")?.open;
const staged = ({ disk }: Device) => [...disk.contents.keys()].filter((path) => path.startsWith("/state/incoming/"));

describe("a document", () => {
  const text = '[{"command": "get_app_status()"}]';

  it("is not taken without the reserve, and is as soon as there is room for it", async () => {
    const device = await makeTransfers();
    await send(device, text);
    device.disk.left = 2 * reserveBytes - 1;
    for (let time = 0; time < 3; time++) {
      await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "disk-full" });
    }
    expect([openOf(device), staged(device), device.reserve.isHeld]).toEqual([undefined, [], false]);
    device.disk.left = 2 * reserveBytes;
    expect(await device.poller.poll("apps", signal)).toBe(true);
    expect([openOf(device)?.count, device.reserve.isHeld]).toEqual([1, true]);
  });

  it("is not taken while the disk says that there is room and takes no reserve", async () => {
    const device = await makeTransfers();
    await send(device, text);
    device.disk.fault = (operation, path) =>
      operation === "write" && path === "/state/reserve" ? errno("ENOSPC") : undefined;
    await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "disk-full" });
    expect([openOf(device), device.disk.contents.has("/state/reserve")]).toEqual([undefined, false]);
    device.disk.fault = () => undefined;
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("needs room for twice its bytes beside as much as the reserve", async () => {
    const device = await makeTransfers();
    await send(device, text);
    expect(await device.reserve.hold()).toBe(true);
    device.disk.left = 2 * text.length + reserveBytes - 1;
    const refused = device.poller.poll("apps", signal);
    await expect(refused).rejects.toMatchObject({
      code: "disk-full",
      message: `disk full: no document is taken while less than ${2 * text.length + reserveBytes} bytes are free beside the reserve`,
    });
    device.disk.left += 1;
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("that is too large to be read needs room for its report too", async () => {
    const device = await makeTransfers();
    await send(device, "x".repeat(1024 * 1024 + 1));
    device.disk.left = 0;
    await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "disk-full" });
    expect(openOf(device)).toBeUndefined();
    device.disk.left = undefined;
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("leaves nothing behind and is taken later where its bytes find no room", async () => {
    const device = await makeTransfers();
    await send(device, text);
    device.disk.fault = (operation, path) =>
      operation === "write" && path.startsWith("/state/incoming/") ? errno("ENOSPC") : undefined;
    await expect(device.poller.poll("apps", signal)).rejects.toThrow("ENOSPC");
    expect([openOf(device), staged(device)]).toEqual([undefined, []]);
    device.disk.fault = () => undefined;
    expect(await device.poller.poll("apps", signal)).toBe(true);
    expect(staged(device)).toHaveLength(1);
  });

  it("is taken once, whichever operation of the disk a kill falls on", async () => {
    const whole = await makeTransfers();
    await send(whole, named("one"));
    const from = whole.disk.log.length;
    await whole.poller.poll("apps", signal);
    for (let at = from + 1; at <= whole.disk.log.length; at++) {
      for (const reboot of ["afterKill", "afterPowerCut"] as const) {
        const device = await makeTransfers();
        await send(device, named("one"));
        device.disk.fault = (_, __, now) => (now >= at ? new Error("the process was killed here") : undefined);
        await device.poller.poll("apps", signal).catch(() => undefined);
        const next = await makeTransfers({ disk: device.disk[reboot](), memories: device.memories });
        await sweepLeftovers(next.disk, "/state", next.journal.state);
        const isTaken = openOf(next) !== undefined;
        expect(await next.poller.poll("apps", signal)).toBe(!isTaken);
        expect(openOf(next)).toMatchObject({ batch: "one", count: 0 });
        expect(staged(next)).toEqual([`/state/incoming/${openOf(next)?.file}`]);
      }
    }
  });

  it("is remembered with the digest of its bytes and how many entries they hold", async () => {
    const device = await makeTransfers();
    await send(device, text);
    await device.poller.poll("apps", signal);
    expect(openOf(device)).toMatchObject({ sha256: createHash("sha256").update(text).digest("hex"), count: 1 });
  });
});

/** Runs a document on a device whose report is delivered; answers what an older copy of its state folder is then. */
async function restored(faults: Readonly<Record<string, readonly Fault[]>> = {}, text = named("one")): Promise<Device> {
  const first = await makeTransfers();
  const old = first.disk.afterPowerCut();
  await send(first, text);
  expect(await first.poller.poll("apps", signal)).toBe(true);
  const batch = openOf(first)?.batch ?? "";
  await first.outbox.acceptReport("apps", batch, emptyReport("apps", batch), false);
  const { uploader, clock, outbox } = first;
  uploader.start(new AbortController().signal);
  await clock.advance(1000);
  expect(outbox.depth).toBe(0);
  return makeTransfers({ disk: old, memories: first.memories, faults });
}

describe("the first document after a start", () => {
  it.each([named("one"), '[{"command": "a()"}]'])("is known by the result that it left: %s", async (text) => {
    const device = await restored({}, text);
    expect(await device.poller.poll("apps", signal)).toBe(false);
    expect(openOf(device)).toBeUndefined();
    expect(staged(device)).toEqual([]);
    const before = device.requests("incoming").length;
    expect(await device.poller.poll("apps", signal)).toBe(false);
    expect(device.requests("incoming").slice(before)).toEqual([`head ${key}`]);
    const next = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    expect(await next.poller.poll("apps", signal)).toBe(false);
    expect(next.requests("incoming")).toEqual([`head ${key}`]);
  });

  it("is asked for, and none without an id after it", async () => {
    const device = await makeTransfers();
    for (const text of ['[{"command": "a()"}]', '[{"command": "b()"}]', '[{"command": "c()"}]']) {
      await send(device, text);
      expect(await device.poller.poll("apps", signal)).toBe(true);
    }
    expect(device.requests("status")).toHaveLength(1);
    expect(device.requests("status")[0]).toMatch(/^head apps\/results\/[0-9a-f]{24}-[0-9a-f]{12}\.json$/);
  });

  it("of each service is asked for", async () => {
    const device = await makeTransfers();
    for (const service of ["apps", "lamp"]) {
      await device.stores.get("incoming").write(`${service}/commands.json`, Buffer.from("[]"), { signal });
      expect(await device.poller.poll(service, signal)).toBe(true);
    }
    expect(device.requests("status")).toHaveLength(2);
  });

  it("is taken when the store does not answer for it", async () => {
    const device = await makeTransfers({ faults: { status: [{ on: "head", fail: { code: "unavailable" } }] } });
    await send(device, '[{"command": "a()"}]');
    expect(await device.poller.poll("apps", signal)).toBe(true);
    expect(device.told("warn").join()).toContain("could not be asked of the store");
  });

  it("waits five seconds for that answer and no longer", async () => {
    const device = await makeTransfers({ faults: { status: [{ on: "head", delayMs: 60_000 }] } });
    await send(device, '[{"command": "a()"}]');
    let isTaken: boolean | undefined;
    const polling = device.poller.poll("apps", signal).then((answer) => {
      isTaken = answer;
    });
    await device.clock.advance(4999);
    expect(isTaken).toBeUndefined();
    await device.clock.advance(1);
    await polling;
    expect(isTaken).toBe(true);
  });

  it("believes an answer that comes within the five seconds", async () => {
    const device = await restored({ status: [{ on: "head", delayMs: 4999 }] });
    const polling = device.poller.poll("apps", signal);
    await device.clock.advance(4999);
    expect(await polling).toBe(false);
  });

  it("is not taken when the runtime stops while it is asked for", async () => {
    const device = await makeTransfers({ faults: { status: [{ on: "head", delayMs: 60_000 }] } });
    await send(device, '[{"command": "a()"}]');
    const stop = new AbortController();
    const polling = device.poller.poll("apps", stop.signal).catch((thrown: unknown) => thrown);
    await device.clock.settle();
    stop.abort(new Error("the runtime stops"));
    await device.clock.settle();
    expect(await polling).toBeInstanceOf(Error);
    expect([openOf(device), staged(device)]).toEqual([undefined, []]);
  });

  it("is taken at once where no store holds results", async () => {
    const memories = new Map([["incoming", new Memory()]]);
    const device = await makeTransfers({ memories });
    await send(device, named("one"));
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });
});

describe("an id", () => {
  it("is always asked for: its sender may use it again", async () => {
    const device = await makeTransfers();
    for (const id of ["one", "two", "three"]) {
      await send(device, named(id));
      expect(await device.poller.poll("apps", signal)).toBe(true);
    }
    expect(device.requests("status")).toEqual(["one", "two", "three"].map((id) => `head apps/results/${id}.json`));
    await device.stores.get("status").write("apps/results/four.json", Buffer.from("{}"), { signal });
    await send(device, named("four"));
    expect(await device.poller.poll("apps", signal)).toBe(false);
    expect(device.told("warn")).toEqual(["a document was run before under this name; it is not run again"]);
  });
});

const at = "2025-01-01T00:00:00.000Z";
const document = { etag: "e", version: "v" };
const down: Readonly<Record<string, readonly Fault[]>> = {
  status: [{ on: "head", fail: { code: "unavailable" } }],
};

describe("a device that may have forgotten", () => {
  it.each([
    ["names of batches", Array.from({ length: rememberedBatches + 1 }, (_, index) => `id-${index}`)],
    ["records, by damage", undefined],
  ])("%s takes nothing while the store does not answer", async (_, batches) => {
    const device = await makeTransfers({ faults: down });
    const records: readonly JournalRecord[] =
      batches === undefined
        ? [{ t: "damaged", at, reason: "for tests" }]
        : [
            ...batches.map((batch) => ({ t: "received", service: "apps", batch, at, document }) as const),
            { t: "reported", service: "apps", items: [], remove: false },
          ];
    await device.journal.append(records, { durable: true });
    await send(device, '[{"command": "a()"}]');
    await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "unavailable" });
    expect([openOf(device), staged(device)]).toEqual([undefined, []]);
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("knows every one of the last names without asking", async () => {
    const device = await makeTransfers();
    const taken = Array.from({ length: rememberedBatches }, (_, index) => {
      return { t: "received", service: "apps", batch: `id-${index}`, at, document } as const;
    });
    await device.journal.append([...taken, { t: "reported", service: "apps", items: [], remove: false }], {
      durable: true,
    });
    await send(device, named("id-0"));
    expect(await device.poller.poll("apps", signal)).toBe(false);
    expect(device.requests("status")).toEqual([]);
  });

  it("doubts only the first document after the damage, of each service", async () => {
    const device = await makeTransfers();
    await send(device, '[{"command": "a()"}]');
    expect(await device.poller.poll("apps", signal)).toBe(true);
    await device.outbox.acceptReport("apps", "x", emptyReport("apps", "x"), false);
    await device.journal.append([{ t: "damaged", at, reason: "for tests" }], { durable: true });
    const asked: number[] = [];
    for (const text of ['[{"command": "b()"}]', '[{"command": "c()"}]']) {
      await send(device, text);
      expect(await device.poller.poll("apps", signal)).toBe(true);
      asked.push(device.requests("status").length);
    }
    expect(asked).toEqual([2, 2]);
  });
});
