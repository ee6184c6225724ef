import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { Line } from "../../core/transfer/line.ts";
import { errno } from "../journal/disk.ts";
import { block, emptyReport, makeTransfers } from "./around.ts";

const minute = 60_000;

describe("the outbox", () => {
  it("sends a report once under its own name, then as the last status, and forgets its bytes", async () => {
    const { outbox, uploader, requests, clock, disk } = await makeTransfers();
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.settle();
    // The first result finds out what the store does with a condition; the others are one request each.
    expect(requests("status")).toEqual([
      "head apps/results/one.json",
      "write apps/results/one.json",
      "write apps/results/one.json",
      "write apps/last_monitoring_status.json",
    ]);
    await outbox.acceptReport("apps", "two", emptyReport("apps", "two"), false);
    await clock.settle();
    expect(requests("status").slice(4)).toEqual([
      "write apps/results/two.json",
      "write apps/last_monitoring_status.json",
    ]);
    expect(outbox.depth).toBe(0);
    expect([...disk.contents.keys()].filter((path) => path.startsWith("/state/outbox/"))).toEqual([]);
  });

  it("keeps a report until the store confirms, also over a power cut", async () => {
    const first = await makeTransfers({
      faults: { status: [{ on: "write", times: 1000, fail: { code: "unavailable" } }] },
    });
    const stop = new AbortController();
    first.uploader.start(stop.signal);
    await first.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await first.clock.advance(10 * minute);
    expect(first.outbox.depth).toBe(2);
    stop.abort(new Error("power cut"));
    const next = await makeTransfers({ disk: first.disk.afterPowerCut(), memories: first.memories });
    next.uploader.start(new AbortController().signal);
    await next.clock.advance(minute);
    expect(next.outbox.depth).toBe(0);
    expect(JSON.parse(next.text("status", "apps/results/one.json") ?? "")).toMatchObject({ batch: "one" });
  });

  it("takes an object that is there already under a batch's name for its own, whose confirmation was lost", async () => {
    const faults = { status: [{ on: "write" as const, key: "apps/results/one.json", loseAnswer: true }] };
    const { outbox, uploader, requests, clock, text } = await makeTransfers({ faults });
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.advance(minute);
    expect(requests("status")).toEqual([
      "head apps/results/one.json",
      "write apps/results/one.json",
      "head apps/results/one.json",
      "read apps/results/one.json",
      "write apps/last_monitoring_status.json",
    ]);
    expect(text("status", "apps/results/one.json")).toBe(text("status", "apps/last_monitoring_status.json"));
    expect(outbox.depth).toBe(0);
  });

  it("never overwrites a result, also where the store cannot promise it", async () => {
    const { outbox, uploader, memories, clock, text, stores } = await makeTransfers({ can: { createOnly: false } });
    const { signal } = new AbortController();
    await stores.get("status").write("apps/results/one.json", Buffer.from("first"), { signal });
    uploader.start(signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.advance(minute);
    expect(text("status", "apps/results/one.json")).toBe("first");
    // What is there is something else, as with ids that a file system folds to one name: the result keeps a place of its own.
    const kept = [...(memories.get("status")?.objects.keys() ?? [])].filter((key) =>
      /results\/one\.[0-9a-f]{12}\.json/.test(key),
    );
    expect(kept).toHaveLength(1);
    expect(JSON.parse(text("status", kept[0] ?? "") ?? "")).toMatchObject({ batch: "one" });
    expect(memories.get("status")?.objects.has("apps/last_monitoring_status.json")).toBe(true);
  });

  it("looks first when the file system below the store turns out not to promise it", async () => {
    const faults = { status: [{ on: "write" as const, key: /results/, fail: { code: "unsupported" as const } }] };
    const { outbox, uploader, requests, clock } = await makeTransfers({ faults });
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.advance(minute);
    expect(requests("status").slice(0, 4)).toEqual([
      "head apps/results/one.json",
      "write apps/results/one.json",
      "head apps/results/one.json",
      "write apps/results/one.json",
    ]);
    expect(outbox.depth).toBe(0);
  });

  it("sends only the newest of what is overwritten anyway, and every result", async () => {
    const faults = { status: [{ on: "write" as const, times: 1, fail: { code: "unavailable" as const } }] };
    const { outbox, uploader, requests, clock, text } = await makeTransfers({ faults });
    for (const batch of ["one", "two", "three"])
      await outbox.acceptReport("apps", batch, emptyReport("apps", batch), false);
    uploader.start(new AbortController().signal);
    await clock.advance(minute);
    expect(requests("status").filter((request) => request.includes("last"))).toHaveLength(1);
    expect(JSON.parse(text("status", "apps/last_monitoring_status.json") ?? "")).toMatchObject({ batch: "three" });
    for (const batch of ["one", "two", "three"]) expect(text("status", `apps/results/${batch}.json`)).toBeDefined();
  });

  it("lets nothing wait behind an object that its store refuses, nor behind a store that does not answer", async () => {
    const faults = {
      status: [{ on: "write" as const, times: 100_000, fail: { code: "unavailable" as const } }],
      contents: [{ on: "write" as const, key: "refused", times: 100_000, fail: { code: "denied" as const } }],
    };
    const { outbox, uploader, clock, text } = await makeTransfers({ faults });
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await outbox.put("contents", "refused", "1");
    await outbox.put("contents", "allowed", "2");
    await clock.advance(minute);
    expect(text("contents", "allowed")).toBe("2");
    expect(outbox.items().map(({ key }) => key)).toContain("refused");
  });

  it("tries again without end, with longer and longer waits of five minutes at the most", async () => {
    const faults = { status: [{ on: "write" as const, times: 100_000, fail: { code: "unavailable" as const } }] };
    const { outbox, uploader, requests, clock } = await makeTransfers({ faults });
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.advance(10 * minute);
    const early = requests("status").length;
    expect(early).toBeGreaterThan(8);
    expect(early).toBeLessThan(60);
    await clock.advance(100 * minute);
    // Full jitter: half of five minutes on average.
    expect(requests("status").length - early).toBeGreaterThan(20);
    expect(requests("status").length - early).toBeLessThan(100);
  });

  it("waits as long as the store asks for", async () => {
    const slow = { code: "throttled", retryAfterMs: 90_000 } as const;
    const { outbox, uploader, requests, clock } = await makeTransfers({
      faults: { status: [{ on: "write", fail: slow }] },
    });
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.advance(89_000);
    expect(requests("status").filter((request) => request.startsWith("write"))).toHaveLength(1);
    await clock.advance(2_000);
    expect(outbox.depth).toBe(0);
  });

  it("is bounded: uploads are refused when it is full, reports never are", async () => {
    const { outbox } = await makeTransfers({ outboxBytes: 8 * block });
    await outbox.put("contents", "a", "x".repeat(6 * block));
    await expect(outbox.put("contents", "b", "x".repeat(2 * block + 1))).rejects.toMatchObject({ code: "outbox-full" });
    await outbox.put("contents", "b", "x".repeat(2 * block));
    // Only reports keep a device from taking the next batch.
    expect(outbox.isFull).toBe(false);
    for (let index = 0; index < 8; index++)
      await outbox.acceptReport("apps", `b${index}`, emptyReport("apps", `b${index}`), false);
    expect(outbox.items().filter(({ kind }) => kind === "report")).toHaveLength(9);
    expect(outbox.isFull).toBe(true);
  });

  it("does not believe a store that asks for days", async () => {
    const slow = { code: "throttled", retryAfterMs: 10 * 24 * 60 * minute } as const;
    const { outbox, uploader, clock } = await makeTransfers({ faults: { status: [{ on: "write", fail: slow }] } });
    uploader.start(new AbortController().signal);
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await clock.advance(6 * minute);
    expect(outbox.depth).toBe(0);
  });

  it("refuses a key that no store takes when it is put, and one of the runtime's own", async () => {
    const { outbox } = await makeTransfers();
    await expect(outbox.put("contents", "../x", "a")).rejects.toMatchObject({ code: "invalid-key" });
    for (const key of ["transfer/last_monitoring_status.json", "transfer/results/a.json", "device/heartbeat.json"]) {
      await expect(outbox.put("status", key, "a")).rejects.toMatchObject({ code: "path-refused" });
    }
    expect(outbox.depth).toBe(0);
  });

  it("gives up an upload that can never succeed, and sends the next one at once", async () => {
    const faults = {
      contents: [{ on: "write" as const, key: "big", times: 1000, fail: { code: "too-large" as const } }],
    };
    const { outbox, uploader, clock, text, events } = await makeTransfers({ faults });
    const told: unknown[] = [];
    events.on("transfer", (event) => told.push(event));
    uploader.start(new AbortController().signal);
    await outbox.put("contents", "big", "1");
    await clock.advance(1000);
    await outbox.put("contents", "small", "2");
    await clock.settle();
    expect(text("contents", "small")).toBe("2");
    expect(outbox.depth).toBe(0);
    const common = { direction: "up", store: "contents", bytes: 1 };
    expect(told).toEqual([
      { ...common, key: "big", error: expect.any(String) },
      { ...common, key: "small", ms: 0 },
    ]);
  });

  it("sends what comes while a refused upload waits at once", async () => {
    const faults = {
      contents: [{ on: "write" as const, key: "refused", times: 1000, fail: { code: "denied" as const } }],
    };
    const { outbox, uploader, clock, text } = await makeTransfers({ faults });
    uploader.start(new AbortController().signal);
    await outbox.put("contents", "refused", "1");
    await clock.advance(20 * minute);
    await outbox.put("contents", "next", "2");
    await clock.settle();
    expect(text("contents", "next")).toBe("2");
  });

  it("closes a batch without a report where no store is there for it", async () => {
    const { outbox, journal } = await makeTransfers({ memories: new Map() });
    await outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    expect(outbox.depth).toBe(0);
    expect(journal.state.services.get("apps")?.open).toBeUndefined();
  });

  it("refuses a store that is not configured when something is put, not later", async () => {
    const { outbox } = await makeTransfers();
    await expect(outbox.put("content", "a", "b")).rejects.toMatchObject({ code: "store-unknown" });
  });

  it("sends what the journal took only at the second try without waiting for anything else", async () => {
    const device = await makeTransfers();
    device.uploader.start(new AbortController().signal);
    let failures = 0;
    device.disk.fault = (operation, path) =>
      operation === "sync" && path.includes("/journal/") && ++failures === 1 ? errno("EIO") : undefined;
    const accept = device.outbox.acceptReport("apps", "one", emptyReport("apps", "one"), false);
    await expect(accept).rejects.toThrow("EIO");
    await device.clock.advance(minute);
    expect([device.outbox.depth, failures > 1]).toEqual([0, true]);
  });

  it("tells once that a store refuses what is made anew all the time, and sends the newest when it is let", async () => {
    const denied = { on: "write", times: 100, fail: { code: "denied" } } as const;
    const device = await makeTransfers({ faults: { status: [denied] } });
    device.uploader.start(new AbortController().signal);
    for (let time = 0; time < 60; time++) {
      await device.outbox.acceptPresence("device/heartbeat.json", Buffer.from(`${time}`));
      await device.clock.advance(minute);
    }
    expect(device.told("warn")).toEqual([expect.stringContaining("store status refuses an upload")]);
    // Full jitter, five minutes at the most: half of that on average.
    const tries = device.requests("status").length;
    expect([tries > 20, tries < 60, device.outbox.depth]).toEqual([true, true, 1]);
    await device.clock.advance(1000 * minute);
    expect([device.outbox.depth, device.text("status", "device/heartbeat.json")]).toEqual([0, "59"]);
  });

  it("remembers nothing of a refused upload that was dropped", async () => {
    const denied = { on: "write", key: "log", times: 1000, fail: { code: "denied" } } as const;
    const device = await makeTransfers({ outboxBytes: 2 * block, faults: { contents: [denied] } });
    device.uploader.start(new AbortController().signal);
    const putLog = () => device.outbox.put("contents", "log", "1", { kind: "log" });
    await putLog();
    await device.clock.advance(20 * minute);
    await device.outbox.put("contents", "data", "x".repeat(2 * block));
    await device.clock.advance(10 * minute);
    expect([device.outbox.depth, device.outbox.dropped]).toEqual([0, 1]);
    const before = device.requests("contents").length;
    await putLog();
    await device.clock.advance(1);
    expect(device.requests("contents").length - before).toBe(1);
  });

  it("finds the next of very many refused uploads", () => {
    const about = { store: "contents", contentType: "text/plain", createOnly: false, kind: "upload", size: 1 } as const;
    const items = Array.from({ length: 200_000 }, (_, index) => {
      return { ...about, id: `${index}`, key: `${index}`, file: `${index}` };
    });
    const line = new Line("contents", new VirtualClock());
    for (const item of items) line.waitOf(item).notBefore = 1000 + Number(item.id);
    expect(line.next(items, 0)).toBe(1000);
    expect(line.next(items, 1001)).toBe(items[0]);
  });
});
