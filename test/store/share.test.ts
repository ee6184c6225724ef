import { setMaxListeners } from "node:events";
import { Readable } from "node:stream";
import fc from "fast-check";
import { Memory, memoryDriver, VirtualClock } from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import type { Driver, ObjectInfo } from "../../core/plugin/driver.ts";
import { shareSlots } from "../../core/store/layers/share.ts";
import { Slots } from "../../core/store/slots.ts";

const { signal } = new AbortController();
// Thousands wait on it at once.
setMaxListeners(0, signal);

function open(most: number, change: Partial<Driver> = {}) {
  const clock = new VirtualClock();
  let bytes = 0;
  const slots = new Slots({ most, clock, idleMs: 1000, progress: () => bytes });
  const inner = { ...memoryDriver(new Memory(), clock), ...change };
  const move = () => {
    bytes += 1;
  };
  return { clock, slots, move, driver: shareSlots("contents", slots)(inner) };
}

/** A `head` that ends when it is told to. */
function holdHeads() {
  const begun: string[] = [];
  const ends = new Map<string, (thrown?: Error) => void>();
  const head: Driver["head"] = (key) => {
    begun.push(key);
    return new Promise((resolve, reject) => {
      ends.set(key, (thrown) => (thrown === undefined ? resolve("missing") : reject(thrown)));
    });
  };
  return { begun, head, end: (key: string, thrown?: Error) => ends.get(key)?.(thrown) };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

function bodyOf(bytes: string): { readonly body: Readable; readonly driver: Partial<Driver> } {
  const body = Readable.from([Buffer.from(bytes)], { objectMode: false });
  const info = { key: "key", size: bytes.length, etag: "e", modifiedAt: 0 };
  const answer = { status: "ok", info, range: { start: 0, end: bytes.length - 1 }, body } as const;
  return { body, driver: { read: async () => answer } };
}

const closed = (body: Readable) => new Promise((resolve) => body.once("close", resolve));

describe("operations at one store", () => {
  test("wait for a slot in the order of arrival", async () => {
    const held = holdHeads();
    const { driver, clock, slots } = open(2, { head: held.head });
    const all = ["a", "b", "c", "d", "e"].map((key) => driver.head(key, { signal }));
    await clock.settle();
    expect(held.begun).toEqual(["a", "b"]);
    held.end("b");
    await clock.settle();
    expect(held.begun).toEqual(["a", "b", "c"]);
    all.push(driver.head("f", { signal }));
    for (const key of ["a", "c", "d", "e", "f"]) {
      held.end(key);
      await clock.settle();
    }
    await Promise.all(all);
    expect(held.begun).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect([slots.taken, slots.waiting, clock.pending]).toEqual([0, 0, 0]);
  });

  test("that wait are given up at once when their signal aborts, and the next one takes their turn", async () => {
    const held = holdHeads();
    const { driver, clock, slots } = open(2, { head: held.head });
    const controller = new AbortController();
    const first = [driver.head("a", { signal }), driver.head("b", { signal })];
    const given = failureOf(driver.head("c", { signal: controller.signal }));
    const next = driver.head("d", { signal });
    controller.abort();
    expect(await given).toMatchObject({ code: "aborted" });
    held.end("a");
    await clock.settle();
    expect(held.begun).toEqual(["a", "b", "d"]);
    held.end("b");
    held.end("d");
    await Promise.all([...first, next]);
    expect([slots.taken, slots.waiting, clock.pending]).toEqual([0, 0, 0]);
  });

  test("that wait fail, safe to repeat, when nothing moves for the time of a request; bytes and ends are moves", async () => {
    const held = holdHeads();
    const { driver, clock, move } = open(2, { head: held.head });
    const first = [driver.head("a", { signal }), driver.head("b", { signal })];
    const third = failureOf(driver.head("c", { signal }));
    await clock.advance(900);
    move();
    await clock.advance(1900);
    expect(held.begun).toEqual(["a", "b"]);
    expect(clock.pending).toBe(0);
    const message =
      "store contents: head c: not begun: 2 operations are under way, and for 1000 ms none came to an end";
    expect(await third).toMatchObject({ code: "timeout", retry: "safe", message: expect.stringContaining(message) });
    held.end("a");
    held.end("b");
    await Promise.all(first);
  });

  test("give their slot back when they fail", async () => {
    const held = holdHeads();
    const { driver, slots } = open(2, { head: held.head });
    const failed = failureOf(driver.head("a", { signal }));
    await Promise.resolve();
    expect(slots.taken).toBe(1);
    held.end("a", new Error("no"));
    await failed;
    expect(slots.taken).toBe(0);
  });
});

describe("a read", () => {
  test("holds its slot until its body ended", async () => {
    const { body, driver: change } = bodyOf("hello");
    const { driver, slots } = open(2, change);
    await driver.read("key", { signal });
    expect(slots.taken).toBe(1);
    await Promise.all([closed(body), body.toArray()]);
    expect(slots.taken).toBe(0);
  });

  test.each([
    ["given up", undefined],
    ["broken", new Error("broke off")],
  ])("gives its slot back when its unread body is %s", async (_, thrown) => {
    const { body, driver: change } = bodyOf("hello");
    const { driver, slots } = open(2, change);
    await driver.read("key", { signal });
    body.on("error", () => undefined);
    await Promise.all([closed(body), Promise.resolve(body.destroy(thrown))]);
    expect(slots.taken).toBe(0);
  });

  test("holds none when its body was closed before anybody got it, or when there is no body", async () => {
    const { body, driver: change } = bodyOf("hello");
    const { driver, slots } = open(2, change);
    await Promise.all([closed(body), Promise.resolve(body.destroy())]);
    await driver.read("key", { signal });
    expect(slots.taken).toBe(0);
    const other = open(2);
    expect(await other.driver.read("missing", { signal })).toEqual({ status: "missing" });
    expect(other.slots.taken).toBe(0);
  });
});

describe("a listing", () => {
  const count = 2500;
  function* describeAll(): Generator<ObjectInfo> {
    for (let index = 0; index < count; index++)
      yield { key: String(index).padStart(5, "0"), size: 0, etag: "e", modifiedAt: 0 };
  }
  const list: Driver["list"] = async function* () {
    yield* describeAll();
  };

  test("holds no slot while its reader works, and takes one for each thousand objects", async () => {
    const { driver, slots } = open(2, { list });
    let seen = 0;
    for await (const _ of driver.list("", { signal })) {
      expect(slots.taken).toBe(0);
      seen++;
    }
    expect(seen).toBe(count);
  });

  test("that its reader leaves gives up the one of the backend", async () => {
    let isLeft = false;
    const { driver, slots } = open(2, {
      async *list() {
        try {
          yield* describeAll();
        } finally {
          isLeft = true;
        }
      },
    });
    for await (const _ of driver.list("", { signal })) break;
    expect([isLeft, slots.taken]).toEqual([true, 0]);
  });

  test("that fails after some objects gives those first", async () => {
    const { driver, slots } = open(2, {
      async *list() {
        yield { key: "a", size: 0, etag: "e", modifiedAt: 0 };
        throw new Error("broke off");
      },
    });
    const seen: string[] = [];
    const failed = async () => {
      for await (const { key } of driver.list("", { signal })) seen.push(key);
    };
    expect(String(await failureOf(failed()))).toContain("broke off");
    expect([seen, slots.taken]).toEqual([["a"], 0]);
  });

  test("ends where its signal aborts, not at the end of what has come already", async () => {
    const { driver } = open(2, { list });
    const controller = new AbortController();
    let seen = 0;
    const read = async () => {
      for await (const _ of driver.list("", { signal: controller.signal })) if (++seen === 3) controller.abort();
    };
    expect(await failureOf(read())).toMatchObject({ code: "aborted" });
    expect(seen).toBe(3);
  });
});

test("a watch takes no slot", async () => {
  const { driver, slots } = open(2, {
    async *watch() {
      yield;
    },
  });
  for await (const _ of driver.watch?.("", { signal }) ?? []) expect(slots.taken).toBe(0);
});

/** A driver that counts what is under way, takes one turn for each operation, and fails now and then. */
function countUnderWay() {
  let now = 0;
  let most = 0;
  const work = async <T>(key: string, answer: () => T): Promise<T> => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    if (key.endsWith("fails")) throw new Error("failed");
    return answer();
  };
  const info = { key: "key", size: 4, etag: "e", modifiedAt: 0 };
  const driver: Partial<Driver> = {
    head: (key) => work(key, () => "missing"),
    write: (key) => work(key, () => info),
    remove: (key) => work(key, () => undefined),
    read: (key) =>
      work(key, () => {
        now += 1;
        most = Math.max(most, now);
        const body = Readable.from([Buffer.from("body")], { objectMode: false });
        body.once("close", () => {
          now -= 1;
        });
        return { status: "ok", info, range: { start: 0, end: 3 }, body };
      }),
    async *list(prefix) {
      for (let page = 0; page < 3; page++) yield await work(prefix, () => info);
    },
  };
  return { driver, most: () => most, now: () => now };
}

const kinds = ["head", "write", "remove", "read", "leave", "list", "break list", "abort"] as const;
const order = fc.record({ kind: fc.constantFrom(...kinds), fails: fc.boolean() });

async function carryOut(driver: Driver, { kind, fails }: { kind: (typeof kinds)[number]; fails: boolean }) {
  const key = fails ? "fails" : "key";
  if (kind === "head" || kind === "remove") return driver[kind](key, { signal });
  if (kind === "write") return driver.write(key, new Uint8Array(4), { signal });
  if (kind === "abort") {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    return driver.head(key, { signal: controller.signal });
  }
  if (kind === "list" || kind === "break list") {
    for await (const _ of driver.list(key, { signal })) if (kind === "break list") return;
    return;
  }
  const answer = await driver.read(key, { signal });
  if (answer.status !== "ok") return;
  if (kind === "leave") answer.body.destroy();
  else await answer.body.toArray();
}

test("whatever is asked in whatever order, never more than the slots are under way, and all come back", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 2, max: 5 }),
    fc.array(order, { maxLength: 60 }),
    async (n, all) => {
      const counted = countUnderWay();
      const { driver, slots } = open(n, counted.driver);
      await Promise.allSettled(all.map((one) => carryOut(driver, one)));
      await new Promise((resolve) => setImmediate(resolve));
      expect(counted.most()).toBeLessThanOrEqual(n);
      expect([slots.taken, slots.waiting, counted.now()]).toEqual([0, 0, 0]);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test("after 10,000 operations of all kinds no slot is lost", async () => {
  const counted = countUnderWay();
  const { driver, slots } = open(16, counted.driver);
  const rounds = Array.from({ length: 10_000 }, (_, index) => ({
    kind: kinds[index % kinds.length] ?? "head",
    fails: index % 3 === 0,
  }));
  await Promise.allSettled(rounds.map((one) => carryOut(driver, one)));
  await new Promise((resolve) => setImmediate(resolve));
  expect([slots.taken, slots.waiting, counted.now(), counted.most()]).toEqual([0, 0, 0, 16]);
});
