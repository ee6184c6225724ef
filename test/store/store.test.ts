import {
  faultyDriver,
  type LogLine,
  Memory,
  memoryCapabilities,
  memoryDriver,
  recordLog,
  seededRandom,
  VirtualClock,
} from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import { openStore, type StoreOptions } from "../../core/store/store.ts";
import { StoreSet } from "../../core/store/stores.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("the secret content of a body");

function open(change: Partial<StoreOptions> = {}) {
  const clock = new VirtualClock();
  const memory = new Memory();
  const lines: LogLine[] = [];
  const store = openStore({
    name: "incoming",
    backend: "memory",
    can: memoryCapabilities,
    driver: memoryDriver(memory, clock),
    prefix: "devices/7",
    clock,
    random: seededRandom(),
    log: recordLog(lines),
    requestMs: 1000,
    ...change,
  });
  return { clock, memory, lines, store };
}

describe("a store's prefix", () => {
  test("stands before every key in the backend and in no answer", async () => {
    const { store, memory } = open();
    expect(await store.write("display/commands.json", bytes, { signal })).toMatchObject({
      key: "display/commands.json",
    });
    expect([...memory.objects.keys()]).toEqual(["devices/7/display/commands.json"]);
    expect(await store.head("display/commands.json", { signal })).toMatchObject({ key: "display/commands.json" });
    const answer = await store.read("display/commands.json", { signal });
    expect(answer).toMatchObject({ status: "ok", info: { key: "display/commands.json" } });
    await store.remove("display/commands.json", { signal });
    expect(memory.objects.size).toBe(0);
  });

  test("hides what lies beside it, and what the key rule refuses", async () => {
    const clock = new VirtualClock();
    const memory = new Memory();
    const { store, lines } = open({ driver: memoryDriver(memory, clock) });
    const bare = memoryDriver(memory, clock);
    for (const key of ["devices/7/a", "devices/7/b/", "devices/7/c\n", "devices/7//d", "devices/77/e", "devices/7"]) {
      await bare.write(key, bytes, { signal });
    }
    const keys: string[] = [];
    for await (const info of store.list("", { signal })) keys.push(info.key);
    expect(keys).toEqual(["a"]);
    expect(lines).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ leftOut: 3 }) }));
  });

  test("that breaks the key rule is refused when the store is opened", () => {
    expect(() => open({ prefix: "../other" })).toThrow('prefix "../other" has the name ..; use plain names');
  });
});

describe("the log of a store", () => {
  test("has one debug line for every try, with answer, bytes and duration", async () => {
    const clock = new VirtualClock();
    const script = [{ delayMs: 250, fail: { code: "throttled" as const } }];
    const driver = faultyDriver(memoryDriver(new Memory(), clock), { clock, script });
    const { store, lines } = open({ clock, driver });
    const written = store.write("key", bytes, { signal });
    await clock.advance(1000);
    await written;
    const requests = lines.filter(({ message }) => message === "store request");
    expect(requests.map(({ level }) => level)).toEqual(["debug", "debug"]);
    expect(requests[0]?.fields).toMatchObject({
      store: "incoming",
      operation: "write",
      key: "devices/7/key",
      answer: "throttled",
      durationMs: 250,
    });
    expect(requests[1]?.fields).toMatchObject({ answer: "ok", size: bytes.byteLength });
  });

  test("never has a body", async () => {
    const { store, lines } = open();
    await store.write("key", bytes, { signal });
    const answer = await store.read("key", { signal });
    if (answer.status === "ok") await answer.body.toArray();
    for await (const _ of store.list("", { signal }));
    expect(JSON.stringify(lines)).not.toContain("secret content");
    expect(lines.map(({ fields }) => fields["operation"])).toEqual(["write", "read", "list"]);
  });
});

test("a range that is none is refused before anything is sent", async () => {
  const { store, lines } = open();
  for (const range of [{ start: -1 }, { start: 5, end: 4 }, { start: 0.5 }, { start: Number.NaN }]) {
    await expect(store.read("key", { signal, range })).rejects.toMatchObject({ code: "unsupported" });
  }
  expect(lines).toEqual([]);
});

test("a set of stores gives them by name and names the known ones", () => {
  const [incoming, status] = [open().store, open({ name: "status" }).store];
  const stores = new StoreSet([incoming, status]);
  expect(stores.get("status")).toBe(status);
  expect(stores.all()).toEqual([incoming, status]);
  expect(() => stores.get("statsu")).toThrow(
    expect.objectContaining({
      code: "store-unknown",
      message: "no store named statsu; configured: incoming, status",
      hint: "did you mean 'status'?",
    }),
  );
});
