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
import type { Driver } from "../../core/plugin/driver.ts";
import { KnownCapabilities } from "../../core/store/known.ts";
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

test("a body above the bound of one write is refused before anything is sent", async () => {
  const { store, memory } = open({ can: { ...memoryCapabilities, largestWrite: bytes.byteLength } });
  await store.write("key", bytes, { signal });
  const body = { size: bytes.byteLength + 1, open: () => expect.unreachable() };
  const wrong = { code: "too-large", retry: "never", message: expect.stringMatching(/bytes; one write takes at most/) };
  await expect(store.write("key", body, { signal })).rejects.toMatchObject(wrong);
  expect(memory.writes).toBe(1);
});

describe("uploads in parts through the layers", () => {
  const first = Buffer.alloc(1024, 1);
  const last = Buffer.from("last");

  test("stay below the store's prefix, and hold to the limits of parts", async () => {
    const { store, memory } = open();
    const { multipart } = store;
    if (multipart === undefined) throw new Error("no parts");
    const upload = await multipart.begin("film", { signal });
    const write = (number: number, bytes: Uint8Array) => multipart.writePart("film", upload, number, bytes, { signal });
    const parts = [await write(1, first), await write(2, last)];
    for (const number of [0, 10_001, 1.5]) {
      await expect(write(number, last)).rejects.toMatchObject({ code: "unsupported" });
    }
    expect((await write(10_000, last)).number).toBe(10_000);
    await expect(multipart.complete("film", upload, [], { signal })).rejects.toMatchObject({ code: "unsupported" });
    const small = [{ number: 1, size: 1023, etag: "x" }, ...parts.slice(1)];
    await expect(multipart.complete("film", upload, small, { signal })).rejects.toMatchObject({
      message: expect.stringContaining("has 1023 bytes; expected 1024 in each but the last"),
    });
    expect((await multipart.complete("film", upload, parts, { signal })).key).toBe("film");
    expect([...memory.objects.keys()]).toEqual(["devices/7/film"]);
    await expect(multipart.begin("../film", { signal })).rejects.toMatchObject({ code: "invalid-key" });
  });

  test("are gone when the place was found to take none, and their conditions when it heeds none", async () => {
    const known = new KnownCapabilities(memoryCapabilities, { multipart: true, conditionalMultipart: false });
    const { store } = open({ can: known });
    const { multipart } = store;
    if (multipart === undefined) throw new Error("no parts");
    const upload = await multipart.begin("film", { signal });
    const parts = [await multipart.writePart("film", upload, 1, last, { signal })];
    const complete = () => multipart.complete("film", upload, parts, { signal, when: { absent: true } });
    await expect(complete()).rejects.toMatchObject({ code: "unsupported" });
    known.learn({ conditionalMultipart: true });
    await complete();
    expect(store.can).toMatchObject({ multipart: true, conditionalMultipart: true });
    known.learn({ multipart: false });
    await expect(multipart.begin("film", { signal })).rejects.toMatchObject({ code: "unsupported" });
  });

  test("let a watch through once it is known to be one, and ask nothing before that", async () => {
    const watched: string[] = [];
    const driver: Driver = {
      ...memoryDriver(new Memory(), new VirtualClock()),
      async *watch(prefix) {
        watched.push(prefix);
        yield;
      },
    };
    const known = new KnownCapabilities({ ...memoryCapabilities, watch: true }, { watch: false });
    const { store } = open({ driver, can: known });
    const first = () => store.watch?.("", { signal })[Symbol.asyncIterator]().next();
    await expect(first()).rejects.toMatchObject({ code: "unsupported", retry: "never" });
    expect(watched).toEqual([]);
    known.learn({ watch: true });
    expect((await first())?.done).toBe(false);
    expect(watched).toEqual(["devices/7/"]);
  });

  test("are not learned where the backend does not declare them", () => {
    const known = new KnownCapabilities({ ranges: true }, { ranges: true, watch: true });
    known.learn({ ranges: false, watch: true, metadata: true });
    expect(known.now).toMatchObject({ ranges: false, watch: false, metadata: false });
  });
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
