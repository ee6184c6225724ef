import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { workInParallel } from "../../core/transfer/parallel.ts";

const idle = () => new AbortController();

it("does each item once, never more at once than it may", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await workInParallel([1, 2, 3, 4, 5, 6, 7], 3, idle().signal, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it("ends the others with the first that fails, waits for them, and closes what gives the items", async () => {
  let isClosed = false;
  let waited = false;
  async function* items() {
    try {
      for (let item = 1; ; item++) yield item;
    } finally {
      isClosed = true;
    }
  }
  const working = workInParallel(items(), 2, idle().signal, async (item, signal) => {
    if (item === 2) throw new Error("the second fails");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await new Promise((resolve) => setImmediate(resolve));
    waited = true;
  });
  await expect(working).rejects.toThrow("the second fails");
  expect({ isClosed, waited }).toEqual({ isClosed: true, waited: true });
});

it("ends with the reason of its caller's signal, before and while it works", async () => {
  const outer = idle();
  const working = workInParallel([1, 2, 3], 2, outer.signal, async (_item, signal) => {
    outer.abort(new Error("stopped"));
    signal.throwIfAborted();
  });
  await expect(working).rejects.toThrow("stopped");
  await expect(workInParallel([1], 1, outer.signal, () => Promise.resolve())).rejects.toThrow("stopped");
});

it("leaves nothing on a signal that lives as long as the device", async () => {
  const outer = idle();
  for (let count = 0; count < 100; count++) await workInParallel([1, 2], 4, outer.signal, () => Promise.resolve());
  expect(getEventListeners(outer.signal, "abort")).toHaveLength(0);
  expect(countFollowers(outer.signal)).toBe(0);
});

/** Signals that were derived from this one, as Node remembers them: in a set behind a symbol of its own. */
function countFollowers(signal: AbortSignal): number {
  const members = Object.getOwnPropertySymbols(signal).map((name): unknown => Reflect.get(signal, name));
  const sizes = members.map((member) =>
    typeof member === "object" && member !== null ? Reflect.get(member, "size") : 0,
  );
  return sizes.reduce<number>((sum, size) => sum + (typeof size === "number" ? size : 0), 0);
}

it("would see what Node keeps of a derived signal", () => {
  const outer = idle();
  const derived = AbortSignal.any([outer.signal, idle().signal]);
  expect(derived.aborted).toBe(false);
  expect(countFollowers(outer.signal)).toBeGreaterThan(0);
});
