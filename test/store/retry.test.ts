import { type Fault, faultyDriver, Memory, memoryDriver, recordLog, VirtualClock } from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import type { Random } from "../../core/plugin/surroundings.ts";
import { repeatSafely } from "../../core/store/layers/retry.ts";

/** The longest wait that jitter can choose, so that the tests see the backoff itself. */
const longest: Random = { float: () => 1, hex: (length) => "0".repeat(2 * length) };
const bytes = Buffer.from("content");
const { signal } = new AbortController();

function open(script: readonly Fault[], attempts = 4) {
  const clock = new VirtualClock();
  const faulty = faultyDriver(memoryDriver(new Memory(), clock), { clock, script });
  const driver = repeatSafely({ clock, random: longest, log: recordLog([]), attempts })(faulty);
  return { clock, faulty, driver };
}

/** How a call ends, and when on the clock. */
async function finish<T>(clock: VirtualClock, call: Promise<T>) {
  let at = -1;
  const end = call.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  end.then(() => {
    at = clock.elapsed();
  });
  for (let waited = 0; at < 0 && waited < 300_000; waited += 50) await clock.advance(50);
  return { ...(await end), at };
}

describe("a request that failed safely", () => {
  test("is repeated after 200, 400 and 800 ms", async () => {
    const { clock, driver, faulty } = open([{ times: 3, fail: { code: "unavailable" } }]);
    const { value, at } = await finish(clock, driver.head("key", { signal }));
    expect(value).toBe("missing");
    expect(at).toBe(1400);
    expect(faulty.requests).toHaveLength(4);
  });

  test("is given up after four attempts with the last error", async () => {
    const { clock, driver, faulty } = open([{ times: 9, fail: { code: "throttled" } }]);
    const { error } = await finish(clock, driver.read("key", { signal }));
    expect(error).toMatchObject({ code: "throttled", retry: "safe" });
    expect(faulty.requests).toHaveLength(4);
  });

  test("waits no longer than 20 s between attempts", async () => {
    const { clock, driver } = open([{ times: 9, fail: { code: "unavailable" } }], 10);
    const { at } = await finish(clock, driver.head("key", { signal }));
    expect(at).toBe(200 + 400 + 800 + 1600 + 3200 + 6400 + 12_800 + 20_000 + 20_000);
  });

  test("waits as long as the server asks", async () => {
    const { clock, driver } = open([{ fail: { code: "throttled", retryAfterMs: 7000 } }]);
    const { value, at } = await finish(clock, driver.head("key", { signal }));
    expect([value, at]).toEqual(["missing", 7000]);
  });

  test("goes to the caller when the server asks for more than 20 s", async () => {
    const { clock, driver } = open([{ fail: { code: "throttled", retryAfterMs: 60_000 } }]);
    const { error, at } = await finish(clock, driver.head("key", { signal }));
    expect(error).toMatchObject({ code: "throttled", retryAfterMs: 60_000 });
    expect(at).toBeLessThanOrEqual(50);
  });

  test("stops waiting when the signal aborts", async () => {
    const { clock, driver, faulty } = open([{ times: 9, fail: { code: "unavailable" } }]);
    const controller = new AbortController();
    const call = driver.head("key", { signal: controller.signal });
    clock.after(100, () => controller.abort());
    const { error, at } = await finish(clock, call);
    expect(error).toMatchObject({ code: "aborted", retry: "never" });
    expect(at).toBeLessThanOrEqual(150);
    expect(faulty.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe("a request that must not be repeated", () => {
  test.each(["denied", "conflict", "unsupported", "invalid-key", "too-large", "aborted"] as const)(
    "ends with %s at once",
    async (code) => {
      const { clock, driver, faulty } = open([{ times: 9, fail: { code } }]);
      const { error } = await finish(clock, driver.write("key", bytes, { signal }));
      expect(error).toMatchObject({ code });
      expect(faulty.requests).toHaveLength(1);
    },
  );

  test("is one whose driver threw something else", async () => {
    const { clock, driver } = open([]);
    const failing = repeatSafely({ clock, random: longest, log: recordLog([]), attempts: 4 })({
      ...driver,
      head: () => Promise.reject(new TypeError("a fault of the driver")),
    });
    const { error } = await finish(clock, failing.head("key", { signal }));
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe("a request whose answer was lost", () => {
  test("is repeated for a write without a condition", async () => {
    const { clock, driver, faulty } = open([{ on: "write", loseAnswer: true }]);
    const { value } = await finish(clock, driver.write("key", bytes, { signal }));
    expect(value).toMatchObject({ key: "key", size: bytes.byteLength });
    expect(faulty.requests).toHaveLength(2);
  });

  test("is not repeated for a conditional write: it would be refused by its own object", async () => {
    const { clock, driver, faulty } = open([{ on: "write", loseAnswer: true }]);
    const { error } = await finish(clock, driver.write("key", bytes, { signal, when: { absent: true } }));
    expect(error).toMatchObject({ code: "unavailable", retry: "unknown-outcome" });
    expect(faulty.requests).toHaveLength(1);
    expect(await driver.head("key", { signal })).toMatchObject({ size: bytes.byteLength });
  });

  test("is not repeated for a removal: it could take what was written since", async () => {
    const { clock, driver, faulty } = open([{ on: "remove", loseAnswer: true }]);
    const { error } = await finish(clock, driver.remove("key", { signal }));
    expect(error).toMatchObject({ retry: "unknown-outcome" });
    expect(faulty.requests).toHaveLength(1);
  });
});

test("a listing that breaks off goes on after its last object", async () => {
  const broken: Fault = { on: "list", breakAfterObjects: 2 };
  const { clock, driver, faulty } = open([broken, broken, broken, broken, broken, broken]);
  const keys = Array.from({ length: 9 }, (_, index) => `key-${index}`);
  for (const key of keys) await driver.write(key, bytes, { signal });
  const list = async () => {
    const found: string[] = [];
    for await (const info of driver.list("key", { signal })) found.push(info.key);
    return found;
  };
  // More breaks than attempts: each one that made progress counts anew.
  const { value } = await finish(clock, list());
  expect(value).toEqual(keys);
  expect(faulty.requests.filter(({ operation }) => operation === "list")).toHaveLength(5);
});
