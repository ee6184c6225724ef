import { describe, expect, it } from "vitest";
import { rememberedBatches } from "../../core/journal/apply.ts";
import { emptyReport, makeTransfers } from "./around.ts";

const { signal } = new AbortController();
const key = "apps/commands.json";
const document = (text = '[{"command": "get_app_status()"}]') => Buffer.from(text);

describe("a poll", () => {
  it("is one request without a body when nothing has changed, and takes nothing", async () => {
    const { poller, stores, requests } = await makeTransfers();
    await stores.get("incoming").write(key, document(), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
    const before = requests("incoming").length;
    expect(await poller.poll("apps", signal)).toBe(false);
    expect(requests("incoming").slice(before)).toEqual([`head ${key}`]);
  });

  it("takes the same bytes again when they were put again, also where their ETag stays the same, as on S3", async () => {
    const { poller, memories, stores, clock, journal } = await makeTransfers();
    const put = async () => {
      await stores.get("incoming").write(key, document(), { signal });
      const memory = memories.get("incoming");
      const found = memory?.objects.get(key);
      if (found === undefined) throw new Error("nothing was put");
      // Without versions, and the ETag is the digest of the bytes.
      const info = { ...found.info, etag: '"d41d8cd9"', version: undefined, modifiedAt: clock.now() };
      memory?.objects.set(key, { ...found, info });
    };
    await put();
    expect(await poller.poll("apps", signal)).toBe(true);
    expect(await poller.poll("apps", signal)).toBe(false);
    await clock.advance(1000);
    await put();
    expect(await poller.poll("apps", signal)).toBe(true);
    expect(journal.state.services.get("apps")?.batches.size).toBe(2);
  });

  it("knows a batch whose name had to make room for newer ones by the result that it left", async () => {
    const { poller, stores, journal, requests } = await makeTransfers();
    const send = (id: string) =>
      stores.get("incoming").write(key, document(JSON.stringify({ id, commands: [] })), { signal });
    const at = "2025-01-01T00:00:00.000Z";
    const old = { etag: "e", version: "v" };
    for (let index = 0; index <= rememberedBatches; index++) {
      await journal.append([{ t: "received", service: "apps", batch: `id-${index}`, at, document: old }], {
        durable: false,
      });
    }
    await stores.get("status").write("apps/results/id-0.json", Buffer.from("{}"), { signal });
    await send("id-0");
    expect(await poller.poll("apps", signal)).toBe(false);
    await send("id-new");
    expect(await poller.poll("apps", signal)).toBe(true);
    expect(requests("status").filter((request) => request.startsWith("head"))).toHaveLength(2);
  });

  it("takes no batch that it may have forgotten while nobody can tell", async () => {
    const { poller, stores, journal } = await makeTransfers({
      faults: { status: [{ on: "head", fail: { code: "unavailable" } }] },
    });
    const at = "2025-01-01T00:00:00.000Z";
    for (let index = 0; index <= rememberedBatches; index++) {
      const record = {
        t: "received",
        service: "apps",
        batch: `id-${index}`,
        at,
        document: { etag: "e", version: "v" },
      } as const;
      await journal.append([record], { durable: false });
    }
    await stores.get("incoming").write(key, document('{"id": "id-0", "commands": []}'), { signal });
    await expect(poller.poll("apps", signal)).rejects.toMatchObject({ code: "unavailable" });
    expect(await poller.poll("apps", signal)).toBe(true);
  });

  it("works with a store that knows no conditions", async () => {
    const { poller, stores } = await makeTransfers({ can: { conditionalRead: false } });
    for (const text of ['[{"command": "a()"}]', '[{"command": "b()"}]']) {
      await stores.get("incoming").write(key, document(text), { signal });
      expect(await poller.poll("apps", signal)).toBe(true);
      expect(await poller.poll("apps", signal)).toBe(false);
    }
  });

  it("waits a moment for the rest of a text that breaks off in a place where strangers write", async () => {
    const { poller, stores, clock, journal } = await makeTransfers({ can: { settleMs: 100 } });
    await stores.get("incoming").write(key, document('[{"command": "a()"},'), { signal });
    const polling = poller.poll("apps", signal);
    await clock.advance(1000);
    await stores.get("incoming").write(key, document('[{"command": "a()"}, {"command": "b()"}]'), { signal });
    await clock.advance(1000);
    expect(await polling).toBe(true);
    expect(journal.state.services.get("apps")?.open?.fault).toBeUndefined();
    await stores.get("incoming").write(key, document('[{"command": "never finished"'), { signal });
    const given = poller.poll("apps", signal);
    await clock.advance(5000);
    expect(await given).toBe(true);
    expect(journal.state.services.get("apps")?.open?.fault).toMatchObject({ code: "document-json" });
  });

  it("goes on when the document of a finished batch cannot be removed", async () => {
    const faults = { incoming: [{ on: "remove" as const, times: 100, fail: { code: "denied" as const } }] };
    const { poller, stores, outbox } = await makeTransfers({ faults, after: "delete" });
    await stores.get("incoming").write(key, document(), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
    await outbox.acceptReport("apps", "x", emptyReport("apps", "x"), true);
    expect(await poller.poll("apps", signal)).toBe(false);
    await stores.get("incoming").write(key, document('[{"command": "b()"}]'), { signal });
    expect(await poller.poll("apps", signal)).toBe(true);
  });

  it("compares a digest only with a digest", async () => {
    const { poller, stores } = await makeTransfers();
    await stores.get("incoming").write(key, document(), { signal, meta: { sha256: "ABCDEF" } });
    expect(await poller.poll("apps", signal)).toBe(true);
    await stores
      .get("incoming")
      .write(key, document('[{"command": "b()"}]'), { signal, meta: { sha256: "0".repeat(64) } });
    await expect(poller.poll("apps", signal)).rejects.toMatchObject({ code: "corrupt" });
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
    expect(requests("incoming").slice(before)).toEqual([`head ${key}`]);
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
