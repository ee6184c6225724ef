import { Readable } from "node:stream";
import { faultyDriver, Memory, memoryDriver, VirtualClock } from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import type { Driver, ReadAnswer } from "../../core/plugin/driver.ts";
import { limitTime } from "../../core/store/layers/limit.ts";

const { signal } = new AbortController();
const never = () => new Promise<never>(() => undefined);

function open(change: Partial<Driver> = {}) {
  const clock = new VirtualClock();
  const inner = { ...memoryDriver(new Memory(), clock), ...change };
  return { clock, inner, driver: limitTime("incoming", clock, 1000)(inner) };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

function answerWith(body: Readable, size: number): ReadAnswer {
  const info = { key: "key", size, etag: "e", modifiedAt: 0 };
  return { status: "ok", info, range: { start: 0, end: size - 1 }, body };
}

async function readAll(driver: Driver): Promise<string> {
  const answer = await driver.read("key", { signal });
  if (answer.status !== "ok") return answer.status;
  return Buffer.concat(await answer.body.toArray()).toString();
}

describe("a driver that does not answer", () => {
  test.each([
    ["head", "safe"],
    ["read", "safe"],
    ["write", "unknown-outcome"],
    ["remove", "unknown-outcome"],
  ] as const)("makes %s fail with timeout, %s", async (operation, retry) => {
    const { clock, driver } = open({ head: never, read: never, write: never, remove: never });
    const call =
      operation === "write" ? driver.write("key", new Uint8Array(), { signal }) : driver[operation]("key", { signal });
    const failed = failureOf(call);
    await clock.advance(999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    const error = await failed;
    expect(error).toMatchObject({ code: "timeout", retry });
    expect(String(error)).toContain(`store incoming: ${operation} key: no answer within 1000 ms`);
    expect(clock.pending).toBe(0);
  });

  test("is told to stop", async () => {
    let told: AbortSignal | undefined;
    const { clock, driver } = open({
      head: (_, op) => {
        told = op.signal;
        return never();
      },
    });
    const failed = failureOf(driver.head("key", { signal }));
    await clock.advance(1000);
    await failed;
    expect(told?.aborted).toBe(true);
  });

  test("has its late body destroyed", async () => {
    const body = Readable.from(["late"]);
    let answer = (_: ReadAnswer) => {};
    const late = new Promise<ReadAnswer>((resolve) => {
      answer = resolve;
    });
    const { clock, driver } = open({ read: () => late });
    const failed = failureOf(driver.read("key", { signal }));
    await clock.advance(1000);
    expect(await failed).toMatchObject({ code: "timeout" });
    answer(answerWith(body, 4));
    await clock.settle();
    expect(body.destroyed).toBe(true);
  });

  test("ends a listing that hangs between objects", async () => {
    const { clock, driver } = open({
      async *list() {
        yield { key: "a", size: 0, etag: "e", modifiedAt: 0 };
        await never();
      },
    });
    const seen: string[] = [];
    const list = async () => {
      for await (const info of driver.list("", { signal })) seen.push(info.key);
    };
    const failed = failureOf(list());
    await clock.advance(1000);
    expect(await failed).toMatchObject({ code: "timeout", retry: "safe" });
    expect(seen).toEqual(["a"]);
    expect(clock.pending).toBe(0);
  });

  test("is given up when the signal aborts", async () => {
    const { clock, driver } = open({ head: never });
    const controller = new AbortController();
    const failed = failureOf(driver.head("key", { signal: controller.signal }));
    controller.abort();
    expect(await failed).toMatchObject({ code: "aborted" });
    expect(clock.pending).toBe(0);
  });
});

describe("a write", () => {
  test("may take long while its body is read", async () => {
    const { clock, driver } = open();
    const body = {
      size: 5,
      async *open() {
        for (const letter of "hello") {
          await clock.sleep(900, signal);
          yield Buffer.from(letter);
        }
      },
    };
    const written = driver.write("key", body, { signal });
    await clock.advance(4500);
    expect(await written).toMatchObject({ size: 5 });
  });

  test("from memory gets a second more for each 16 KiB", async () => {
    const { clock, driver } = open({ write: never });
    const failed = failureOf(driver.write("key", new Uint8Array(160 * 1024), { signal }));
    await clock.advance(10_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await failed).toMatchObject({ code: "timeout" });
  });
});

describe("a body", () => {
  test("that stalls fails with timeout", async () => {
    const body = new Readable({ read() {} });
    body.push("abc");
    const { clock, driver } = open({ read: async () => answerWith(body, 10) });
    const failed = failureOf(readAll(driver));
    await clock.advance(1000);
    expect(await failed).toMatchObject({ code: "timeout", message: expect.stringContaining("after 3 of 10") });
    expect(body.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("is not timed while its reader is slow", async () => {
    const body = Readable.from([Buffer.alloc(200_000, "a"), Buffer.alloc(200_000, "b")], { objectMode: false });
    const { clock, driver } = open({ read: async () => answerWith(body, 400_000) });
    const answer = await driver.read("key", { signal });
    if (answer.status !== "ok") throw new Error(answer.status);
    let received = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      received += chunk.byteLength;
      await clock.advance(60_000);
    }
    expect(received).toBe(400_000);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ["ends early", 3, "ended after 3 of 10 bytes"],
    ["goes on too long", 12, "goes on after"],
  ])("that %s is no whole body", async (_, size, message) => {
    const { driver } = open({ read: async () => answerWith(Readable.from([Buffer.alloc(size)]), 10) });
    expect(await failureOf(readAll(driver))).toMatchObject({
      code: "unavailable",
      retry: "safe",
      message: expect.stringContaining(message),
    });
  });

  test("that breaks off fails with StoreError", async () => {
    const clock = new VirtualClock();
    const memory = memoryDriver(new Memory(), clock);
    await memory.write("key", Buffer.alloc(100_000), { signal });
    const faulty = faultyDriver(memory, { clock, script: [{ on: "read", breakAt: 70_000 }] });
    const driver = limitTime("incoming", clock, 1000)(faulty);
    expect(await failureOf(readAll(driver))).toMatchObject({
      name: "StoreError",
      code: "unavailable",
      message: expect.stringContaining("broke off (ECONNRESET) after 70000 of 100000"),
    });
  });
});

test("what a driver throws besides StoreError is named and not repeated", async () => {
  const { driver } = open({ head: () => Promise.reject(new TypeError("undefined is not a function")) });
  expect(await failureOf(driver.head("key", { signal }))).toMatchObject({
    name: "StoreError",
    code: "unavailable",
    retry: "never",
    message: "store incoming: head key: the backend failed with undefined is not a function",
  });
});
