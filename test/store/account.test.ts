import {
  faultyDriver,
  Memory,
  memoryCapabilities,
  memoryDriver,
  recordLog,
  seededRandom,
  VirtualClock,
} from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import { openStore, shareTraffic } from "../../core/store/store.ts";

const { signal } = new AbortController();
const hello = Buffer.from("hello");

function open(script: NonNullable<Parameters<typeof faultyDriver>[1]["script"]> = []) {
  const clock = new VirtualClock();
  const shared = shareTraffic(clock, 1000);
  const driver = faultyDriver(memoryDriver(new Memory(), clock), { clock, script });
  const around = { clock, random: seededRandom(), log: recordLog([]), requestMs: 1000, shared };
  const about = { name: "contents", backend: "memory", can: memoryCapabilities, prefix: "a" };
  const openAgain = () => openStore({ ...about, ...around, driver });
  return { clock, account: shared.account, slots: shared.slots, store: openAgain(), openAgain };
}

async function readAll(store: ReturnType<typeof open>["store"], key: string): Promise<string> {
  const answer = await store.read(key, { signal });
  if (answer.status !== "ok") return answer.status;
  return Buffer.concat(await answer.body.toArray()).toString();
}

describe("what went over a store", () => {
  test("is told by operation, with the bytes either way", async () => {
    const { store, account, clock } = open();
    await store.write("key", hello, { signal });
    await store.write(
      "long",
      {
        size: 10,
        async *open() {
          yield Buffer.alloc(6);
          yield Buffer.alloc(4);
        },
      },
      { signal },
    );
    expect(await readAll(store, "key")).toBe("hello");
    expect(await readAll(store, "nothing")).toBe("missing");
    await store.head("key", { signal });
    for await (const _ of store.list("", { signal }));
    await store.remove("key", { signal });
    await clock.settle();
    expect(account.describe()).toEqual({
      requests: { write: 2, read: 2, head: 1, list: 1, remove: 1 },
      answered: 7,
      failed: {},
      retries: 0,
      bytes_up: 15,
      bytes_down: 5,
    });
  });

  test("counts every try, by the class of its failure", async () => {
    const { store, account, clock } = open([
      { on: "head", fail: { code: "throttled" } },
      { on: "head", fail: { code: "unavailable" } },
    ]);
    const head = store.head("key", { signal });
    await clock.advance(60_000);
    expect(await head).toBe("missing");
    expect(account.describe()).toMatchObject({
      requests: { head: 3 },
      answered: 1,
      failed: { throttled: 1, unavailable: 1 },
      retries: 2,
    });
  });

  test("counts a body that breaks as a failed read, and one that its reader leaves as an answered one", async () => {
    const { store, account, clock } = open([{ on: "read", breakAt: 3 }]);
    await store.write("key", hello, { signal });
    await expect(readAll(store, "key")).rejects.toMatchObject({ code: "unavailable" });
    const answer = await store.read("key", { signal });
    if (answer.status === "ok") answer.body.destroy();
    await clock.settle();
    expect(account.describe()).toMatchObject({ requests: { read: 2 }, answered: 2, failed: { unavailable: 1 } });
  });

  test("is one for all who open the same store, as are its slots", async () => {
    const { store, openAgain, account, slots } = open();
    await store.write("key", hello, { signal });
    const other = openAgain();
    const answers = await Promise.all([store, other].map((one) => one.read("key", { signal })));
    expect(account.describe().requests).toEqual({ write: 1, read: 2 });
    expect(slots.taken).toBe(2);
    for (const answer of answers) if (answer.status === "ok") await answer.body.toArray();
    await new Promise((resolve) => setImmediate(resolve));
    expect(slots.taken).toBe(0);
  });
});

test("a body that nobody reads is broken off after ten minutes, and its slot is free again", async () => {
  const { store, slots, clock } = open();
  await store.write("key", hello, { signal });
  const answer = await store.read("key", { signal });
  await clock.advance(599_999);
  expect(slots.taken).toBe(1);
  await clock.advance(1);
  expect([slots.taken, clock.pending]).toEqual([0, 0]);
  if (answer.status !== "ok") throw new Error(answer.status);
  expect(answer.body.errored).toMatchObject({ code: "timeout", message: expect.stringContaining("took no byte") });
});
