import { describe, expect, it } from "vitest";
import { rememberedBatches } from "../../core/journal/apply.ts";
import type { JournalRecord } from "../../core/journal/records.ts";
import type { Fault } from "../../core/testkit/faulty.ts";
import { Memory } from "../../core/testkit/memory.ts";
import { emptyReport, makeTransfers, named, openOf, send, staged, type Transfers } from "./around.ts";

const { signal } = new AbortController();
const key = "apps/commands.json";

/** Runs a document on a device whose report is delivered; answers what an older copy of its state folder is then. */
async function restored(
  faults: Readonly<Record<string, readonly Fault[]>> = {},
  text = named("one"),
): Promise<Transfers> {
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

/** Records of so many batches that were run, from `id-0` on. */
const runs = (count: number): readonly JournalRecord[] => [
  ...Array.from({ length: count }, (_, index) => {
    return { t: "received", service: "apps", batch: `id-${index}`, at, document } as const;
  }),
  { t: "reported", service: "apps", items: [], remove: false },
];
const damaged: readonly JournalRecord[] = [{ t: "damaged", at, reason: "for tests" }];

describe("a device that may have forgotten", () => {
  it.each([
    ["an id, of which it has forgotten some", runs(rememberedBatches + 1), named("id-0")],
    ["an id after damage", damaged, named("id-0")],
    ["any document after damage", damaged, '[{"command": "a()"}]'],
  ])("does not take %s while the store does not answer, which it names", async (_, records, text) => {
    const device = await makeTransfers({ faults: down });
    await device.journal.append(records, { durable: true });
    await send(device, text);
    const asked = device.poller.poll("apps", signal);
    await expect(asked).rejects.toMatchObject({ name: "StoreError", code: "unavailable", store: "status" });
    expect([openOf(device), staged(device)]).toEqual([undefined, []]);
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("takes a document without an id, whose name no other version can have", async () => {
    const device = await makeTransfers({ faults: down });
    await device.journal.append(runs(rememberedBatches + 1), { durable: true });
    await send(device, '[{"command": "a()"}]');
    expect(await device.poller.poll("apps", signal)).toBe(true);
    expect(device.requests("status")).toHaveLength(1);
  });

  it("knows a batch by the result that still waits for its upload, and asks no store", async () => {
    const device = await makeTransfers();
    await send(device, named("one"));
    expect(await device.poller.poll("apps", signal)).toBe(true);
    await device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await device.journal.append(runs(rememberedBatches), { durable: true });
    const before = device.requests("status").length;
    await send(device, named("one"));
    expect(await device.poller.poll("apps", signal)).toBe(false);
    expect(openOf(device)).toBeUndefined();
    expect(device.requests("status")).toHaveLength(before);
    // Another service's batch of that name is another one.
    await device.stores.get("incoming").write("lamp/commands.json", Buffer.from(named("one")), { signal });
    expect(await device.poller.poll("lamp", signal)).toBe(true);
  });

  it("knows every one of the last names without asking", async () => {
    const device = await makeTransfers();
    await device.journal.append(runs(rememberedBatches), { durable: true });
    await send(device, named("id-0"));
    expect(await device.poller.poll("apps", signal)).toBe(false);
    expect(device.requests("status")).toEqual([]);
  });

  it("doubts only the first document after the damage, of each service", async () => {
    const device = await makeTransfers();
    await send(device, '[{"command": "a()"}]');
    expect(await device.poller.poll("apps", signal)).toBe(true);
    await device.outbox.acceptReport("apps", "x", emptyReport("apps", "x"), false);
    await device.journal.append(damaged, { durable: true });
    const asked: number[] = [];
    for (const text of ['[{"command": "b()"}]', '[{"command": "c()"}]']) {
      await send(device, text);
      expect(await device.poller.poll("apps", signal)).toBe(true);
      asked.push(device.requests("status").length);
    }
    expect(asked).toEqual([2, 2]);
  });
});
