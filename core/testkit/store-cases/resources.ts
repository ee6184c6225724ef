import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nodeClock, withinLimit } from "../../ports/clock.ts";
import { assertSame, type CaseDraft, failure, inParallel, makeBytes, type Place } from "./case.ts";

const mebibyte = 1024 * 1024;
/** An abort is answered at once; a busy machine gets this much. */
const soonMs = 1_000;
/** What 4,000 reads may leave in memory: less than a small object for each of them. */
const leakBytes = mebibyte;
/** What a backend can leave behind, as Node names it; timers are too often the test runner's own. */
const handles = /^(TCPSocketWrap|TLSWrap|FSEventWrap|FSReqCallback|FILEHANDLE|ProcessWrap|StatWatcher)$/;

function countHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => handles.test(name)).length;
}

/** Bytes that are still held when everything was let go that can be. */
function measureHeap(): number {
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  if (typeof collectGarbage === "function") collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Waits until no more handles are open than before; a connection takes a moment to go. */
async function checkHandles(before: number, signal: AbortSignal): Promise<void> {
  const clock = nodeClock();
  for (let waits = 0; countHandles() > before && waits < 100; waits++) await clock.sleep(20, signal);
  const left = countHandles() - before;
  assert.ok(left <= 0, `${left} handles are left: ${process.getActiveResourcesInfo().join(", ")}`);
}

async function openBody(place: Place) {
  const answer = await place.driver.read(place.key("body"), { signal: place.signal });
  assert.ok(answer.status === "ok");
  return answer.body;
}

/** Fails when a watch that has to end does not. */
async function within(step: Promise<IteratorResult<void>>, what: string): Promise<void> {
  const onLimit = () => new assert.AssertionError({ message: `waited ${soonMs} ms for ${what}` });
  const { done } = await withinLimit(nodeClock(), soonMs, undefined, onLimit, () => step);
  assert.equal(done, true, what);
}

/** Fails when `work` is not refused as aborted soon after `abort`. */
async function assertSoon(work: Promise<unknown>, abort: () => void): Promise<void> {
  const clock = nodeClock();
  const begun = clock.elapsed();
  abort();
  await failure(work, "aborted");
  const took = Math.round(clock.elapsed() - begun);
  assert.ok(took < soonMs, `given up after ${took} ms; expected less than ${soonMs}`);
}

export const resources: readonly CaseDraft[] = [
  {
    id: "body-destroyed",
    title: "frees what an unread body holds, 200 times",
    async check(place) {
      await place.write("body", makeBytes(mebibyte));
      // More than any backend has connections.
      await inParallel(Array.from({ length: 200 }), async () => {
        const body = await openBody(place);
        await new Promise((resolve) => body.once("close", resolve).destroy());
      });
      assertSame(await place.read("body"), makeBytes(mebibyte));
    },
  },
  {
    id: "body-left",
    title: "frees what a body holds that was left after its first bytes",
    async check(place) {
      await place.write("body", makeBytes(mebibyte));
      await inParallel(Array.from({ length: 50 }), async () => {
        for await (const _ of await openBody(place)) break;
      });
      assertSame(await place.read("body"), makeBytes(mebibyte));
    },
  },
  {
    id: "reads-many",
    title: "leaks nothing in 10,000 reads: no memory, no handle, no listener on the reader's signal",
    limitMs: 180_000,
    async check(place) {
      await place.write("body", makeBytes(1000));
      const read = async (count: number) => {
        await inParallel(Array.from({ length: count }), async () => {
          for await (const _ of await openBody(place));
        });
        return {
          handles: countHandles(),
          listeners: getEventListeners(place.signal, "abort").length,
          bytes: measureHeap(),
        };
      };
      // What is made once and kept, such as connections and compiled code, is no leak.
      const [first, second, third] = [await read(2_000), await read(4_000), await read(4_000)];
      assert.ok(third.listeners <= first.listeners, `${third.listeners} listeners are left on the signal`);
      assert.ok(third.handles <= first.handles + 16, `${third.handles} handles, ${first.handles} before`);
      // The runtime's own memory comes and goes; a leak grows every time.
      const leaked = Math.min(second.bytes - first.bytes, third.bytes - second.bytes);
      assert.ok(leaked < leakBytes, `${leaked} bytes more are held after 4,000 reads, and again after the next 4,000`);
    },
  },
  {
    id: "abort-soon-read",
    title: "ends a body soon after its signal aborts",
    async check(place) {
      await place.write("body", makeBytes(8 * mebibyte));
      const controller = new AbortController();
      const answer = await place.driver.read(place.key("body"), { signal: controller.signal });
      assert.ok(answer.status === "ok");
      const chunks = answer.body[Symbol.asyncIterator]();
      await chunks.next();
      const readOn = async () => {
        while ((await chunks.next()).done !== true);
      };
      await assertSoon(readOn(), () => controller.abort());
    },
  },
  {
    id: "abort-soon-write",
    title: "gives a slow write up soon after its signal aborts",
    async check(place) {
      const clock = nodeClock();
      const controller = new AbortController();
      let begin = () => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const body = {
        size: 64 * mebibyte,
        async *open() {
          begin();
          for (;;) {
            yield makeBytes(1024);
            await clock.sleep(10, place.signal);
            if (controller.signal.aborted) return;
          }
        },
      };
      const written = place.write("body", body, { signal: controller.signal });
      // Until it is awaited below.
      written.catch(() => undefined);
      await begun;
      await assertSoon(written, () => controller.abort());
      assert.deepEqual(await place.list(), []);
    },
  },
  {
    id: "close",
    title: "leaves no connection, file or watch open when it is closed, and can be closed twice",
    async check(place) {
      const before = countHandles();
      const other = await place.again();
      await inParallel(["a", "b", "c", "d"], (key) => other.write(key, key));
      await inParallel(["a", "b", "c", "d"], (key) => other.read(key));
      assert.equal((await other.list()).length, 4);
      await other.driver.close?.();
      await other.driver.close?.();
      await checkHandles(before, place.signal);
      assert.deepEqual(await place.list(), ["a", "b", "c", "d"], "the other driver is not closed with it");
    },
  },
  {
    id: "watch-ended",
    title: "leaves nothing open when a watch ends, by its signal or by its reader",
    needs: ["watch"],
    async check(place) {
      await place.write("folder/object", "x");
      const before = countHandles();
      for (let round = 0; round < 10; round++) {
        const controller = new AbortController();
        const { driver, prefix } = place;
        const changes = driver.watch?.(prefix, { signal: controller.signal })[Symbol.asyncIterator]();
        assert.equal((await changes?.next())?.done, false);
        const next = round % 2 === 0 ? changes?.next() : undefined;
        controller.abort();
        if (next !== undefined) await within(next, "a watch to end with its signal");
        const left = changes?.return?.();
        if (left !== undefined) await within(left, "a watch to end with its reader");
      }
      await checkHandles(before, place.signal);
    },
  },
];
