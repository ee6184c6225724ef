import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { awaitReport } from "../../core/central/answer.ts";
import { readOffer } from "../../core/central/capabilities.ts";
import { readHeartbeat } from "../../core/central/heartbeat.ts";
import { type Order, sendDocument } from "../../core/central/send.ts";
import { batchName, versionOf } from "../../core/command/identity.ts";
import { defaultLimits } from "../../core/config/configuration.ts";
import { type Driver, StoreError } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { openStore } from "../../core/store/store.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../core/testkit/memory.ts";
import { seededRandom } from "../../core/testkit/surroundings.ts";

const clock = nodeClock();
const random = seededRandom(7);
const { signal } = new AbortController();
const key = "apps/commands.json";

function makeStore(name: string, change: (driver: Driver) => Partial<Driver> = () => ({}), can = memoryCapabilities) {
  const memory = new Memory();
  const driver = memoryDriver(memory, clock);
  const changed: Driver = { ...driver, ...change(driver) };
  const store = openStore({
    name,
    backend: "memory",
    can,
    driver: changed,
    prefix: "",
    clock,
    random,
    log: silentLog,
    requestMs: 1000,
    attempts: 1,
  });
  const text = (at: string) => Buffer.from(memory.objects.get(at)?.bytes ?? []).toString();
  return { store, memory, text };
}

function makeCentral(incoming = makeStore("incoming"), status = makeStore("status")) {
  const around = { incoming: incoming.store, status: status.store, clock, random, limits: defaultLimits, signal };
  const order: Order = { service: "apps", expressions: ["get_apps()"], replaces: false, device: "bench-7" };
  const send = (more: Partial<Order> = {}) => sendDocument({ ...order, ...more }, around);
  return { incoming, status, send };
}

describe("sending", () => {
  it("gives each document a name of its own that sorts by time", async () => {
    const { incoming, send } = makeCentral();
    const first = await send({ expires: "2031-01-01T00:00:00Z" });
    expect(first).toMatchObject({ service: "apps", key, resultKey: `apps/results/${first.batch}.json` });
    expect(first.batch).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    expect(JSON.parse(incoming.text(key))).toEqual({
      id: first.batch,
      expires: "2031-01-01T00:00:00Z",
      commands: [{ command: "get_apps()" }],
    });
    expect((await send({ replaces: true })).batch).not.toBe(first.batch);
  });

  it("keeps a document that was not taken, and overwrites one that was", async () => {
    const { status, send } = makeCentral();
    const { resultKey } = await send();
    await expect(send()).rejects.toMatchObject({ code: "document-pending" });
    await status.store.write(resultKey, Buffer.from("{}"), { signal });
    await expect(send()).resolves.toBeDefined();
  });

  it.each([
    ["an array without an id", '[{"command": "get_apps()"}]'],
    ["a document that no device can read", "[{"],
  ])("knows by its digest and version whether %s was taken", async (_, text) => {
    const { incoming, status, send } = makeCentral();
    const info = await incoming.store.write(key, Buffer.from(text), { signal });
    await expect(send()).rejects.toMatchObject({ code: "document-pending" });
    const batch = batchName(createHash("sha256").update(text).digest("hex"), versionOf(info));
    await status.store.write(`apps/results/${batch}.json`, Buffer.from("{}"), { signal });
    await expect(send()).resolves.toBeDefined();
  });

  it.each([
    ["nothing was there", undefined],
    ["a taken document was there", "taken"],
  ])("does not overwrite what another sender wrote meanwhile although %s", async (_, before) => {
    let intrude = async () => {};
    const incoming = makeStore("incoming", (driver) => ({
      write: async (...args) => {
        const once = intrude;
        intrude = async () => {};
        await once();
        return driver.write(...args);
      },
    }));
    const { status, send } = makeCentral(incoming);
    if (before !== undefined) {
      const { resultKey } = await send();
      await status.store.write(resultKey, Buffer.from("{}"), { signal });
    }
    intrude = async () => {
      await incoming.store.write(key, Buffer.from('{"id": "theirs", "commands": []}'), { signal });
    };
    await expect(send()).rejects.toMatchObject({ code: "document-pending" });
    expect(incoming.text(key)).toContain("theirs");
  });

  it("asks for no condition that the store cannot honour", async () => {
    const can = { ...memoryCapabilities, createOnly: false, compareAndSwap: false };
    const { status, send } = makeCentral(makeStore("incoming", undefined, can));
    const { resultKey } = await send();
    await status.store.write(resultKey, Buffer.from("{}"), { signal });
    await expect(send()).resolves.toBeDefined();
  });

  it("refuses an id that was reported before, and documents over the limits", async () => {
    const { status, send } = makeCentral();
    await status.store.write("apps/results/b1.json", Buffer.from("{}"), { signal });
    await expect(send({ id: "b1" })).rejects.toMatchObject({ code: "batch-known" });
    await expect(send({ id: "a b" })).rejects.toMatchObject({ code: "document-shape" });
    await expect(send({ expressions: Array(1001).fill("f()") })).rejects.toMatchObject({ code: "document-entries" });
  });
});

describe("waiting for a report", () => {
  const report = { general_status: "ok", general_error: "", commands: [] };

  it("asks again when the store does not answer", async () => {
    let failures = 2;
    const { store } = makeStore("status", (driver) => ({
      read: (...args) =>
        failures-- > 0 ? Promise.reject(new StoreError("unavailable", "no route")) : driver.read(...args),
    }));
    await store.write("r.json", Buffer.from(JSON.stringify(report)), { signal });
    expect(await awaitReport(store, "r.json", { clock, limitMs: 5000, signal })).toEqual(report);
  });

  it("gives up at the limit, at a refusal, and when it is told to", async () => {
    const { store } = makeStore("status");
    expect(await awaitReport(store, "r.json", { clock, limitMs: 50, signal })).toBeUndefined();
    const denied = makeStore("status", () => ({ read: () => Promise.reject(new StoreError("denied", "no")) }));
    const waiting = { clock, limitMs: 5000, signal };
    await expect(awaitReport(denied.store, "r.json", waiting)).rejects.toMatchObject({ code: "denied" });
    const controller = new AbortController();
    const given = awaitReport(store, "r.json", { ...waiting, signal: controller.signal });
    controller.abort(new Error("interrupted"));
    await expect(given).rejects.toThrow();
  });

  it.each(["no JSON", "[]", '{"commands": 1}'])("refuses %s as a report", async (text) => {
    const { store } = makeStore("status");
    await store.write("r.json", Buffer.from(text), { signal });
    await expect(awaitReport(store, "r.json", { clock, limitMs: 0, signal })).rejects.toMatchObject({
      code: "object-unreadable",
    });
  });
});

describe("what a device offers", () => {
  const place = "device/capabilities.json";

  it("is its own name and the names of its services", async () => {
    const { store } = makeStore("status");
    expect(await readOffer(store, signal)).toBeUndefined();
    const content = { device_id: "d-1", services: [{ service: "apps", status: "failed" }, { service: 7 }, null] };
    await store.write(place, Buffer.from(JSON.stringify(content)), { signal });
    expect(await readOffer(store, signal)).toEqual({ deviceId: "d-1", services: ["apps"] });
  });

  it.each(["no JSON", "null", "[]", '{"device_id": "d-1"}', '{"services": []}', " ".repeat(4 * 1024 * 1024 + 1)])(
    "is not read from %.20s",
    async (text) => {
      const { store } = makeStore("status");
      await store.write(place, Buffer.from(text), { signal });
      await expect(readOffer(store, signal)).rejects.toMatchObject({ code: "object-unreadable" });
    },
  );
});

describe("the heartbeat", () => {
  it("is read when it is one", async () => {
    const { store } = makeStore("status");
    expect(await readHeartbeat(store, signal)).toBeUndefined();
    const heartbeat = { time: "2026-01-01T00:00:00Z", plugins: { apps: "running" }, outbox: { depth: 0, bytes: 0 } };
    await store.write("device/heartbeat.json", Buffer.from(JSON.stringify(heartbeat)), { signal });
    expect(await readHeartbeat(store, signal)).toEqual(heartbeat);
    await store.write("device/heartbeat.json", Buffer.from("{}"), { signal });
    await expect(readHeartbeat(store, signal)).rejects.toMatchObject({ code: "object-unreadable" });
  });
});
