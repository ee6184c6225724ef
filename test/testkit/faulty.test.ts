import { type Fault, faultyDriver, Memory, memoryDriver, memoryStore, VirtualClock } from "rustiq/testkit";
import { expect, test } from "vitest";
import { isPlugin } from "../../core/plugin/contract.ts";
import type { Driver } from "../../core/plugin/driver.ts";
import { silentLog } from "../../core/ports/log.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("0123456789");

async function open(script: readonly Fault[]) {
  const clock = new VirtualClock();
  const inner = memoryDriver(new Memory(), clock);
  await inner.write("key", bytes, { signal });
  return { clock, inner, driver: faultyDriver(inner, { clock, script }) };
}

async function readText(driver: Driver): Promise<string> {
  const answer = await driver.read("key", { signal });
  return answer.status === "ok" ? Buffer.concat(await answer.body.toArray()).toString() : answer.status;
}

test("strikes as often as planned, where planned, then lets through", async () => {
  const { driver } = await open([{ on: ["head", "read"], key: /^k/, times: 2, fail: { code: "denied" } }]);
  await driver.write("key", bytes, { signal });
  expect(await driver.head("other", { signal })).toBe("missing");
  await expect(driver.head("key", { signal })).rejects.toMatchObject({ code: "denied", retry: "never" });
  await expect(driver.read("key", { signal })).rejects.toMatchObject({ code: "denied" });
  expect(await readText(driver)).toBe("0123456789");
  expect(driver.requests.map(({ operation, struck }) => [operation, struck])).toEqual([
    ["write", false],
    ["head", false],
    ["head", true],
    ["read", true],
    ["read", false],
  ]);
});

test("delays by the clock, and gives up when the signal aborts", async () => {
  const { clock, driver } = await open([{ times: 2, delayMs: 5000 }]);
  let ended = false;
  const call = driver.head("key", { signal }).finally(() => {
    ended = true;
  });
  await clock.advance(4999);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(await call).toMatchObject({ key: "key" });
  const controller = new AbortController();
  const aborted = driver.head("key", { signal: controller.signal });
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
});

test("loses the answer of what was carried out", async () => {
  const { driver, inner } = await open([
    { on: "write", loseAnswer: true },
    { on: "remove", loseAnswer: true },
  ]);
  const lost = { code: "unavailable", retry: "unknown-outcome" };
  await expect(driver.write("new", bytes, { signal })).rejects.toMatchObject(lost);
  expect(await inner.head("new", { signal })).toMatchObject({ size: 10 });
  await expect(driver.remove("new", { signal })).rejects.toMatchObject(lost);
  expect(await inner.head("new", { signal })).toBe("missing");
});

test("cuts a body short, with and without an error", async () => {
  const { driver } = await open([
    { on: "read", truncateAt: 4 },
    { on: "read", breakAt: 4 },
  ]);
  expect(await readText(driver)).toBe("0123");
  await expect(readText(driver)).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a memory store is a plugin whose stores of one name share their objects", async () => {
  const plugin = memoryStore();
  expect(isPlugin(plugin)).toBe(true);
  const openNamed = (name: string) =>
    plugin.open({
      name: "memory",
      config: plugin.config.parse({ name }),
      log: silentLog,
      signal,
      get: () => new VirtualClock() as never,
      make: (type) => new type(),
      onStop: () => undefined,
    });
  const [one, same, other] = [await openNamed("a"), await openNamed("a"), await openNamed("b")];
  await one.write("key", bytes, { signal });
  expect(await same.head("key", { signal })).toMatchObject({ size: 10 });
  expect(await other.head("key", { signal })).toBe("missing");
  expect([...plugin.memories.keys()]).toEqual(["a", "b"]);
});
