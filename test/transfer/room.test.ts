import { describe, expect, it } from "vitest";
import type { OutboxItem } from "../../core/journal/records.ts";
import { encodeRecord } from "../../core/journal/segment.ts";
import { snapshotOf } from "../../core/journal/snapshot.ts";
import { bytesOf, isOvertaken, Room } from "../../core/transfer/room.ts";
import { block, emptyReport, filesIn, makeTransfers } from "./around.ts";

type Kind = OutboxItem["kind"];

let count = 0;
function item(kind: Kind, size: number, more: Partial<OutboxItem> = {}): OutboxItem {
  const id = `${kind}.${++count}`;
  return { id, store: "status", key: id, file: id, size, contentType: "text/plain", createOnly: false, kind, ...more };
}

const kinds: readonly Kind[] = ["log", "upload", "presence", "report"];
/** An outbox with one block of each, the least important not the oldest. */
const mixed = () => ["report", "upload", "log", "presence", "upload", "log"].map((kind) => item(kind as Kind, block));
/** What so many bytes of this kind push out of an outbox of ten blocks. */
const droppedFrom = (items: readonly OutboxItem[], size: number, kind: Kind) =>
  new Room(10 * block).exchange(items, [item(kind, size)]).dropped;

describe("what has to go for room", () => {
  it("is nothing at the very limit", () => {
    for (const kind of kinds) expect(droppedFrom(mixed(), 4 * block, kind)).toEqual([]);
  });

  it.each([
    ["log", ["log"]],
    ["presence", ["log"]],
    ["upload", ["log"]],
    ["report", ["log"]],
  ] as const)("for a %s one byte past it is the oldest of %j", (kind, expected) => {
    const items = mixed();
    const dropped = droppedFrom(items, 4 * block + 1, kind);
    expect(dropped).toEqual([items.find((one) => one.kind === expected[0])]);
  });

  it.each([
    ["log", ["log", "log"]],
    ["presence", ["log", "log"]],
    ["upload", ["log", "log"]],
    ["report", ["log", "log", "upload", "upload"]],
  ] as const)("for a %s that nothing makes room enough for is %j, oldest first", (kind, expected) => {
    const items = mixed();
    const dropped = droppedFrom(items, 100 * block, kind);
    expect(dropped.map((one) => one.kind)).toEqual(expected);
    for (const one of ["log", "upload"] as const) {
      const order = dropped.filter((other) => other.kind === one).map((other) => items.indexOf(other));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });

  it("is no more than need be", () => {
    expect(droppedFrom(mixed(), 5 * block, "report")).toHaveLength(1);
    expect(droppedFrom(mixed(), 5 * block + 1, "report")).toHaveLength(2);
    expect(droppedFrom(mixed(), 6 * block, "report").map(({ kind }) => kind)).toEqual(["log", "log"]);
    expect(droppedFrom(mixed(), 6 * block + 1, "report").map(({ kind }) => kind)).toEqual(["log", "log", "upload"]);
  });

  it("leaves room for what is on its way", () => {
    const exchange = (arriving: number) => new Room(10 * block).exchange(mixed(), [item("log", block)], arriving);
    expect(exchange(3 * block)).toMatchObject({ dropped: [], waiting: 6 * block });
    expect(exchange(3 * block + 1)).toMatchObject({ dropped: [{ kind: "log" }], waiting: 5 * block });
  });
});

describe("what waits", () => {
  it("counts a result and a last status of one report once: they share a file", () => {
    const shared = [item("report", block, { file: "one" }), item("report", block, { file: "one" })];
    expect(bytesOf(shared)).toBe(block);
    expect(droppedFrom([...shared, item("log", block)], 8 * block, "log")).toEqual([]);
  });

  it("counts with whole blocks, and an empty file with one", () => {
    const sizes = [0, 1, block, block + 1];
    expect(sizes.map((size) => bytesOf([item("upload", size)]) / block)).toEqual([1, 1, 1, 2]);
  });

  it("is bounded in number too, however large the limit is", () => {
    for (const limit of [1024 ** 2, 1024 ** 3, 1024 ** 4]) {
      const files = limit / new Room(limit).bytesOf([item("upload", 1)]);
      expect(files).toBeLessThanOrEqual(65_536);
      expect(files).toBeGreaterThan(250);
    }
    const large = new Room(1024 ** 3);
    expect(large.bytesOf([item("upload", 1)])).toBe(4 * block);
    expect(large.bytesOf([item("upload", 4 * block + 1)])).toBe(5 * block);
  });
});

describe("an older version that waits", () => {
  const older = item("upload", 1, { key: "k" });

  it("is overtaken by the newer one of the same key, kind and store", () => {
    expect(isOvertaken(older, item("upload", 1, { key: "k" }))).toBe(true);
  });

  it.each([
    ["of another key", { key: "other" }],
    ["of another store", { store: "contents" }],
    ["of another kind", { kind: "log" as const }],
    ["that must not overwrite", { createOnly: true }],
  ])("is not overtaken by one %s", (_, more) => {
    expect(isOvertaken(older, item("upload", 1, { key: "k", ...more }))).toBe(false);
  });

  it("is not overtaken when it must not be overwritten itself", () => {
    expect(isOvertaken({ ...older, createOnly: true }, item("upload", 1, { key: "k" }))).toBe(false);
  });
});

const text = (bytes: number) => "x".repeat(bytes);
const report = (batch: string) => emptyReport("apps", batch);

/** A device without a network and with so much room in its outbox. */
const offline = (outboxBytes: number) => makeTransfers({ outboxBytes });
const keysOf = ({ outbox }: Awaited<ReturnType<typeof makeTransfers>>) => outbox.items().map(({ key }) => key);

describe("a full outbox", () => {
  it("takes an upload of exactly what is left, and refuses one byte more before anything is written", async () => {
    const device = await offline(10 * block);
    await device.outbox.put("contents", "a", text(6 * block));
    const before = device.disk.log.length;
    await expect(device.outbox.put("contents", "b", text(4 * block + 1))).rejects.toMatchObject({
      code: "outbox-full",
      message: "the outbox holds 24576 bytes; 20480 more would go over 40960 (limits.outbox_bytes)",
    });
    expect([keysOf(device), device.disk.log.length]).toEqual([["a"], before]);
    await device.outbox.put("contents", "b", text(4 * block));
    expect([device.outbox.size, device.outbox.dropped]).toEqual([10 * block, 0]);
  });

  it("takes no more small uploads than it has blocks, and none where it has not even one", async () => {
    const device = await offline(3 * block + block - 1);
    for (const key of ["a", "b", "c"]) await device.outbox.put("contents", key, "1");
    await expect(device.outbox.put("contents", "d", "")).rejects.toMatchObject({ code: "outbox-full" });
    expect(keysOf(device)).toEqual(["a", "b", "c"]);
    const tiny = await offline(block - 1);
    await expect(tiny.outbox.put("contents", "a", "1")).rejects.toMatchObject({ code: "outbox-full" });
    await tiny.outbox.acceptReport("apps", "0", report("0"), false);
    expect([tiny.outbox.depth, tiny.outbox.isFull]).toEqual([2, true]);
  });

  it("keeps its part of the journal's snapshot small, also with nothing but small uploads", async () => {
    const device = await offline(50 * block);
    for (let index = 0; index < 50; index++)
      await device.outbox.put("contents", `events/${index}`.padEnd(1000, "x"), "1");
    await expect(device.outbox.put("contents", "more", "1")).rejects.toMatchObject({ code: "outbox-full" });
    const each = encodeRecord(snapshotOf(device.journal.state, 1)).byteLength / 50;
    // A record of the journal holds 128 MiB, a segment that a start reads 256 MiB.
    expect(each * 65_536).toBeLessThan(128 * 1024 * 1024);
  });

  it("drops the oldest logs for an upload, and no upload for a log", async () => {
    const device = await offline(10 * block);
    await device.outbox.put("contents", "log 1", text(2 * block), { kind: "log" });
    await device.outbox.put("contents", "data", text(6 * block));
    await device.outbox.put("contents", "log 2", text(2 * block), { kind: "log" });
    await device.outbox.put("contents", "log 3", text(1), { kind: "log" });
    expect([keysOf(device), device.outbox.dropped]).toEqual([["data", "log 2", "log 3"], 1]);
    await device.outbox.put("contents", "more", text(4 * block));
    expect([keysOf(device), device.outbox.dropped]).toEqual([["data", "more"], 3]);
    await expect(device.outbox.put("contents", "log 4", text(1), { kind: "log" })).rejects.toMatchObject({
      code: "outbox-full",
    });
    expect([keysOf(device), filesIn(device.disk).length]).toEqual([["data", "more"], 2]);
    expect(device.told("warn")).toHaveLength(3);
  });

  it("drops logs and then uploads for a report, never a report", async () => {
    const device = await offline(4 * block);
    await device.outbox.put("contents", "data 1", text(block));
    await device.outbox.put("contents", "log", text(block), { kind: "log" });
    await device.outbox.put("contents", "data 2", text(block));
    await device.outbox.acceptReport("apps", "0", report("0"), false);
    expect(keysOf(device).slice(0, 3)).toEqual(["data 1", "log", "data 2"]);
    await device.outbox.acceptReport("lamp", "1", emptyReport("apps", "1"), false);
    expect(keysOf(device).slice(0, 2)).toEqual(["data 1", "data 2"]);
    for (const batch of ["2", "3"]) await device.outbox.acceptReport("apps", batch, report(batch), false);
    expect(keysOf(device).filter((key) => key.startsWith("data"))).toEqual([]);
    expect(device.outbox.dropped).toBe(3);
    expect(device.told("error")).toEqual([
      "the outbox is full: contents/data 1 is dropped",
      "the outbox is full: contents/data 2 is dropped",
    ]);
    for (let index = 4; index < 9; index++)
      await device.outbox.acceptReport("apps", `${index}`, report(`${index}`), false);
    expect(keysOf(device).filter((key) => key.includes("/results/"))).toHaveLength(9);
    expect(device.outbox.dropped).toBe(3);
    const next = await makeTransfers({ disk: device.disk.afterPowerCut(), memories: device.memories });
    expect([next.outbox.dropped, keysOf(next)]).toEqual([3, keysOf(device)]);
  });

  it("keeps presence documents, whose newest version alone waits", async () => {
    const device = await offline(2 * block);
    await device.outbox.acceptPresence("device/heartbeat.json", Buffer.from(text(100)));
    for (const batch of ["0", "1", "2"]) await device.outbox.acceptReport("apps", batch, report(batch), false);
    expect(keysOf(device)).toContain("device/heartbeat.json");
    await device.outbox.acceptPresence("device/heartbeat.json", Buffer.from(text(99)));
    expect(device.outbox.items().filter(({ kind }) => kind === "presence")).toMatchObject([{ size: 99 }]);
    expect(filesIn(device.disk)).toHaveLength(4);
    expect(device.outbox.dropped).toBe(0);
  });

  it("is full by reports alone, at the very limit", async () => {
    const device = await offline(2 * block);
    await device.outbox.put("contents", "data", text(2 * block));
    await device.outbox.acceptPresence("device/heartbeat.json", Buffer.from(text(100)));
    expect([device.outbox.isFull, device.outbox.size]).toEqual([false, 3 * block]);
    await device.outbox.acceptReport("apps", "0", report("0"), false);
    expect(device.outbox.isFull).toBe(false);
    await device.outbox.acceptReport("lamp", "1", emptyReport("apps", "1"), false);
    expect(device.outbox.isFull).toBe(true);
    const almost = await offline(2 * block + 1);
    await almost.outbox.acceptReport("apps", "0", report("0"), false);
    await almost.outbox.acceptReport("lamp", "1", emptyReport("apps", "1"), false);
    expect(almost.outbox.isFull).toBe(false);
  });

  it("is not full any more when a report is delivered", async () => {
    const device = await offline(1);
    await device.outbox.acceptReport("apps", "0", report("0"), false);
    expect(device.outbox.isFull).toBe(true);
    device.uploader.start(new AbortController().signal);
    await device.clock.advance(1000);
    expect([device.outbox.isFull, device.outbox.size]).toEqual([false, 0]);
  });

  it("has what overtakes and what is overtaken change in one write", async () => {
    const device = await offline(10 * block);
    await device.outbox.put("contents", "same", text(10));
    const before = device.disk.count("sync");
    await device.outbox.put("contents", "same", text(20));
    // One for the bytes, one for the record.
    expect(device.disk.count("sync") - before).toBe(2);
    expect(device.outbox.items()).toMatchObject([{ key: "same", size: 20 }]);
    expect(filesIn(device.disk)).toHaveLength(1);
  });

  it("has both or the newer one after a crash at any operation, and never none", async () => {
    const make = async () => {
      const device = await offline(10 * block);
      await device.outbox.put("contents", "same", "old");
      return device;
    };
    const whole = await make();
    const from = whole.disk.log.length;
    await whole.outbox.put("contents", "same", "new");
    const seen = new Set<string>();
    for (let at = from + 1; at <= whole.disk.log.length; at++) {
      for (const reboot of ["afterKill", "afterPowerCut"] as const) {
        const device = await make();
        device.disk.fault = (_, __, now) => (now >= at ? new Error("the process was killed here") : undefined);
        await device.outbox.put("contents", "same", "new").catch(() => undefined);
        const next = await makeTransfers({ disk: device.disk[reboot](), memories: device.memories });
        const texts = await Promise.all(next.outbox.items().map(async (one) => String(await next.outbox.read(one))));
        seen.add(texts.join());
      }
    }
    expect([...seen].sort()).toEqual(["new", "old"]);
  });

  it("takes a newer version of a key in the place of the one that waits", async () => {
    const device = await offline(10 * block);
    await device.outbox.put("contents", "same", text(6 * block));
    await device.outbox.put("contents", "same", text(7 * block));
    expect(device.outbox.items()).toMatchObject([{ key: "same", size: 7 * block }]);
  });

  it("is not overrun by uploads that come at once", async () => {
    const device = await offline(10 * block);
    const puts = ["a", "b", "c"].map((key) => device.outbox.put("contents", key, text(6 * block)));
    const outcomes = await Promise.allSettled(puts);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(device.outbox.size).toBeLessThanOrEqual(10 * block);
  });
});
