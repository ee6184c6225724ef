import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Culprit, enterDriver, enterPlugin, enterSignal, findCulprit } from "../../core/host/blame.ts";
import type { Driver } from "../../core/plugin/driver.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { Memory, memoryDriver } from "../../core/testkit/memory.ts";

const lamp: Culprit = { name: "lamp", accuse: () => undefined };
const shelf: Culprit = { name: "store shelf", accuse: () => undefined };
const { signal } = new AbortController();

describe("the culprit", () => {
  it("is nobody outside of plugins", () => {
    expect(findCulprit()).toBeUndefined();
  });

  it("is the plugin in everything that its code begins", async () => {
    const seen: unknown[] = [];
    const look = () => seen.push(findCulprit()?.name);
    await enterPlugin(lamp, async () => {
      look();
      await sleep(1);
      look();
      setTimeout(look, 1);
      process.nextTick(look);
      queueMicrotask(look);
    });
    await sleep(20);
    expect(seen).toEqual(Array(5).fill("lamp"));
    expect(findCulprit()).toBeUndefined();
  });

  it("is the inner one where a plugin calls another", () => {
    enterPlugin(lamp, () => {
      expect(enterPlugin(shelf, () => findCulprit())).toBe(shelf);
      expect(findCulprit()).toBe(lamp);
    });
  });

  it("is nobody after an error has left the plugin", () => {
    const fail = () => {
      throw new Error("no lamp");
    };
    expect(() => enterPlugin(lamp, fail)).toThrow("no lamp");
    expect(findCulprit()).toBeUndefined();
  });
});

describe("a plugin's signal", () => {
  it("aborts with the caller's, for its reason", () => {
    const caller = new AbortController();
    const given = enterSignal(lamp, caller.signal);
    const seen: unknown[] = [];
    given.addEventListener("abort", () => seen.push(findCulprit(), given.reason));
    expect(given.aborted).toBe(false);
    const reason = new Error("too late");
    caller.abort(reason);
    expect(seen).toEqual([lamp, reason]);
    expect(enterSignal(lamp, caller.signal)).toMatchObject({ aborted: true, reason });
  });
});

describe("a store's driver", () => {
  /** Notes whose code each call is. */
  function noting() {
    const seen: unknown[] = [];
    class Noting {
      readonly #inner = memoryDriver(new Memory(), new VirtualClock());
      async head(...given: Parameters<Driver["head"]>) {
        await this.#note("head", given[1].signal);
        return this.#inner.head(...given);
      }
      async read(...given: Parameters<Driver["read"]>) {
        await this.#note("read", given[1].signal);
        return this.#inner.read(...given);
      }
      async write(...given: Parameters<Driver["write"]>) {
        await this.#note("write", given[2].signal);
        return this.#inner.write(...given);
      }
      async remove(...given: Parameters<Driver["remove"]>) {
        await this.#note("remove", given[1].signal);
        return this.#inner.remove(...given);
      }
      async *list(...given: Parameters<Driver["list"]>) {
        for await (const one of this.#inner.list(...given)) {
          await this.#note(`list ${one.key}`, given[1].signal);
          yield one;
        }
      }
      async *watch(...[, op]: Parameters<NonNullable<Driver["watch"]>>) {
        try {
          yield await this.#note("watch", op.signal);
        } finally {
          await this.#note("watch ends", op.signal);
        }
      }
      async close() {
        await this.#note("close", signal);
      }
      async #note(call: string, given: AbortSignal) {
        await Promise.resolve();
        seen.push([call, findCulprit()?.name, given instanceof AbortSignal]);
      }
    }
    return { driver: enterDriver(shelf, new Noting()), seen };
  }

  it("runs under the store's name in every call, and answers as it would without", async () => {
    const { driver, seen } = noting();
    await driver.write("a", Buffer.from("1"), { signal });
    await driver.write("b", Buffer.from("2"), { signal });
    expect(await driver.head("a", { signal })).toMatchObject({ key: "a", size: 1 });
    expect(await driver.read("missing", { signal })).toEqual({ status: "missing" });
    const keys: string[] = [];
    for await (const { key } of driver.list("", { signal })) keys.push(key);
    for await (const _ of driver.watch?.("", { signal }) ?? []) break;
    await driver.remove("a", { signal });
    await driver.close?.();
    expect(keys).toEqual(["a", "b"]);
    const calls = ["write", "write", "head", "read", "list a", "list b", "watch", "watch ends", "remove", "close"];
    expect(seen).toEqual(calls.map((call) => [call, "store shelf", true]));
    expect(findCulprit()).toBeUndefined();
  });

  it("watches only where the backend does, and ends a listing that cannot be ended", async () => {
    const inner = memoryDriver(new Memory(), new VirtualClock());
    const bare: Driver = {
      head: inner.head,
      read: inner.read,
      write: inner.write,
      remove: inner.remove,
      list: () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: { key: "a", size: 1, etag: "1", modifiedAt: 0 } }),
        }),
      }),
    };
    const driver = enterDriver(shelf, bare);
    expect(driver.watch).toBeUndefined();
    let count = 0;
    for await (const _ of driver.list("", { signal })) if (++count === 3) break;
    expect(count).toBe(3);
    await driver.close?.();
  });
});
