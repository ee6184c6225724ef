import assert from "node:assert/strict";
import { nodeClock } from "../../ports/clock.ts";
import { assertSame, type CaseDraft, failure, inParallel, makeBytes, type Place } from "./case.ts";

const mebibyte = 1024 * 1024;
/** An abort is answered at once; a busy machine gets this much. */
const soonMs = 1_000;
/** What a backend can leave behind, as Node names it; timers are too often the test runner's own. */
const handles = /^(TCPSocketWrap|TLSWrap|FSEventWrap|FSReqCallback|FILEHANDLE|ProcessWrap|StatWatcher)$/;

function countHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => handles.test(name)).length;
}

async function openBody(place: Place) {
  const answer = await place.driver.read(place.key("body"), { signal: place.signal });
  assert.ok(answer.status === "ok");
  return answer.body;
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
      const clock = nodeClock();
      const before = countHandles();
      const other = await place.again();
      await inParallel(["a", "b", "c", "d"], (key) => other.write(key, key));
      await inParallel(["a", "b", "c", "d"], (key) => other.read(key));
      assert.equal((await other.list()).length, 4);
      await other.driver.close?.();
      await other.driver.close?.();
      // A connection takes a moment to go.
      for (let waits = 0; countHandles() > before && waits < 100; waits++) await clock.sleep(20, place.signal);
      const left = countHandles() - before;
      assert.ok(left <= 0, `${left} handles are left: ${process.getActiveResourcesInfo().join(", ")}`);
      assert.deepEqual(await place.list(), ["a", "b", "c", "d"], "the other driver is not closed with it");
    },
  },
];
