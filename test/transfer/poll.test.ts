import { describe, expect, it } from "vitest";
import { makeTransfers } from "./around.ts";

const { signal } = new AbortController();
const key = "apps/commands.json";
const document = (text = '[{"command": "get_app_status()"}]') => Buffer.from(text);

describe("a poll", () => {
  it("is one conditional read when nothing has changed, and takes nothing", async () => {
    const { poller, stores, requests } = await makeTransfers();
    await stores.get("incoming").write(key, document(), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
    const before = requests("incoming").length;
    expect(await poller.poll("apps", signal)).toBe(false);
    expect(requests("incoming").slice(before)).toEqual([`read ${key}`]);
  });

  it("takes the same bytes again when they were put again, and the same version never", async () => {
    const first = await makeTransfers();
    await first.stores.get("incoming").write(key, document(), { signal });
    expect(await first.poller.poll("apps", signal)).toBe(true);
    await first.stores.get("incoming").write(key, document(), { signal });
    expect(await first.poller.poll("apps", signal)).toBe(true);
    const next = await makeTransfers({ disk: first.disk.afterPowerCut(), memories: first.memories });
    expect(await next.poller.poll("apps", signal)).toBe(false);
    expect(next.journal.state.services.get("apps")?.batches.size).toBe(2);
  });

  it("does not take an id again, and does not read that document a second time", async () => {
    const { poller, stores, requests } = await makeTransfers();
    const once = (command: string) => document(JSON.stringify({ id: "one", commands: [{ command }] }));
    await stores.get("incoming").write(key, once("a()"), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
    await stores.get("incoming").write(key, once("b()"), { signal });
    expect(await poller.poll("apps", signal)).toBe(false);
    const before = requests("incoming").length;
    expect(await poller.poll("apps", signal)).toBe(false);
    expect(requests("incoming").slice(before)).toEqual([`read ${key}`]);
  });

  it("takes a document whole or not at all when its body breaks off or is short", async () => {
    const faults = {
      incoming: [
        { on: "read" as const, truncateAt: 5 },
        { on: "read" as const, breakAt: 5 },
      ],
    };
    const { poller, stores, journal, disk } = await makeTransfers({ faults });
    await stores.get("incoming").write(key, document(), { signal });
    for (const _ of faults.incoming) {
      await expect(poller.poll("apps", signal)).rejects.toMatchObject({ name: "StoreError" });
      expect(journal.state.services.get("apps")?.open).toBeUndefined();
      expect([...disk.contents.keys()].filter((path) => path.includes("/incoming/"))).toEqual([]);
    }
    expect(await poller.poll("apps", signal)).toBe(true);
  });

  it("does not read the body of a document that is too large, and tells it once", async () => {
    const { poller, stores, journal } = await makeTransfers();
    await stores.get("incoming").write(key, Buffer.alloc(1024 * 1024 + 1, " "), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
    expect(journal.state.services.get("apps")?.open).toMatchObject({
      file: undefined,
      fault: { code: "document-too-large" },
    });
    expect(await poller.poll("apps", signal)).toBe(false);
  });

  it("takes a document of exactly the limit", async () => {
    const { poller, stores, journal } = await makeTransfers();
    const text = '[{"command": "get_app_status()"}]';
    await stores.get("incoming").write(key, document(text.padEnd(1024 * 1024, " ")), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
    expect(journal.state.services.get("apps")?.open?.fault).toBeUndefined();
  });

  it("believes an object in a place where strangers write only when two looks agree", async () => {
    const { poller, stores, clock, requests } = await makeTransfers({ can: { settleMs: 100 } });
    await stores.get("incoming").write(key, document("[{"), { signal });
    const polling = poller.poll("apps", signal);
    await clock.advance(50);
    await stores.get("incoming").write(key, document(), { signal });
    await clock.advance(1000);
    expect(await polling).toBe(true);
    expect(requests("incoming").filter((request) => request.startsWith("read"))).toHaveLength(1);
  });

  it("removes the document of a finished batch, unless another one stands there by then", async () => {
    for (const isReplaced of [false, true]) {
      const { poller, stores, outbox, text } = await makeTransfers({ after: "delete" });
      await stores.get("incoming").write(key, document(), { signal });
      expect(await poller.poll("apps", signal)).toBe(true);
      if (isReplaced) await stores.get("incoming").write(key, document('[{"command": "b()"}]'), { signal });
      const report = { general_status: "ok", general_error: "", commands: [], device_id: "d" } as const;
      await outbox.acceptReport("apps", "x", { ...report, service: "apps", batch: "x", finished_at: "" }, true);
      expect(await poller.poll("apps", signal)).toBe(isReplaced);
      expect(text("incoming", key) !== undefined).toBe(isReplaced);
    }
  });

  it("passes on that the store does not answer", async () => {
    const { poller } = await makeTransfers({ faults: { incoming: [{ fail: { code: "unavailable" } }] } });
    await expect(poller.poll("apps", signal)).rejects.toMatchObject({ name: "StoreError", code: "unavailable" });
  });
});
