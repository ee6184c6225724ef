import assert from "node:assert/strict";
import { type Capabilities, type Driver, StoreError } from "../../plugin/driver.ts";
import { nodeClock } from "../../ports/clock.ts";
import { silentLog } from "../../ports/log.ts";
import { openStore } from "../../store/store.ts";
import { type Fault, faultyDriver } from "../faulty.ts";
import { assertSame, type CaseDraft, collect, failure, inParallel, makeBody, makeBytes, type Place } from "./case.ts";

/** Tries of one call by core's layers. */
const attempts = 4;

/** The place's driver with faults, behind core's layers: what becomes of it when the network is not good. */
function breakPlace(place: Place, can: Capabilities, script: readonly Fault[]) {
  const clock = nodeClock();
  const faulty = faultyDriver(place.driver, { clock, script });
  const store: Driver = openStore({
    name: "faulty",
    backend: "faulty",
    can,
    driver: faulty,
    prefix: "",
    clock,
    // No wait between tries.
    random: { float: () => 0, hex: (length) => "0".repeat(2 * length) },
    log: silentLog,
    requestMs: 10_000,
    attempts,
  });
  return { store, asked: (operation: string) => faulty.requests.filter((one) => one.operation === operation).length };
}

const unavailable = { code: "unavailable" } as const;

/** Faults between core's layers and the driver. All of them run with what the store declares. */
export function breakingCases(can: Capabilities): readonly CaseDraft[] {
  return [
    {
      id: "fault-few",
      title: "does what is asked when the first tries fail",
      async check(place) {
        const faults = (["head", "read", "write", "list", "remove"] as const).map((on) => {
          return { on, times: attempts - 1, fail: { ...unavailable, retryAfterMs: 1 } };
        });
        const { store, asked } = breakPlace(place, can, faults);
        const { signal } = place;
        const key = place.key("object");
        await store.write(key, makeBody(makeBytes(100_000)), { signal });
        assert.notEqual(await store.head(key, { signal }), "missing");
        const answer = await store.read(key, { signal });
        assert.ok(answer.status === "ok");
        assertSame(await collect(answer.body), makeBytes(100_000));
        const listed = [];
        for await (const info of store.list(place.prefix, { signal })) listed.push(info.key);
        assert.deepEqual(listed, [key]);
        await store.remove(key, { signal });
        assert.deepEqual(await place.list(), []);
        for (const operation of ["head", "read", "write", "list", "remove"]) assert.equal(asked(operation), attempts);
      },
    },
    {
      id: "fault-lasting",
      title: "is given up on after a bounded number of tries",
      async check(place) {
        const { store, asked } = breakPlace(place, can, [{ times: Number.POSITIVE_INFINITY, fail: unavailable }]);
        const { signal } = place;
        await failure(store.head(place.key("object"), { signal }), "unavailable");
        await failure(store.write(place.key("object"), Buffer.from("x"), { signal }), "unavailable");
        assert.equal(asked("head"), attempts);
        assert.equal(asked("write"), attempts);
        assert.deepEqual(await place.list(), []);
      },
    },
    {
      id: "fault-denied",
      title: "is not asked again by credentials that it refuses",
      async check(place) {
        const fail = { code: "denied" } as const;
        const { store, asked } = breakPlace(place, can, [{ times: Number.POSITIVE_INFINITY, fail }]);
        await failure(store.read(place.key("object"), { signal: place.signal }), "denied");
        assert.equal(asked("read"), 1);
      },
    },
    {
      id: "fault-answer-lost",
      title: "has the object once when the answer to its writing is lost",
      async check(place) {
        const { store, asked } = breakPlace(place, can, [{ on: "write", loseAnswer: true }]);
        await store.write(place.key("object"), makeBody(makeBytes(100_000)), { signal: place.signal });
        assert.equal(asked("write"), 2);
        assertSame(await place.read("object"), makeBytes(100_000));
        assert.deepEqual(await place.list(), ["object"]);
      },
    },
    {
      id: "fault-creation-lost",
      title: "leaves it to the caller to look when the answer to a creation is lost",
      needs: ["createOnly"],
      async check(place) {
        const { store, asked } = breakPlace(place, can, [{ on: "write", loseAnswer: true }]);
        const op = { signal: place.signal, when: { absent: true } } as const;
        const error = await failure(store.write(place.key("object"), Buffer.from("mine"), op), "unavailable");
        assert.equal(error.retry, "unknown-outcome");
        assert.equal(asked("write"), 1);
        assert.equal(Buffer.from(await place.read("object")).toString(), "mine");
      },
    },
    {
      id: "fault-body",
      title: "never ends a body that broke off or came short as if it were whole",
      async check(place) {
        const bytes = makeBytes(300_000);
        await place.write("body", bytes);
        const cuts = [0, 1, 65_536, 299_999];
        const script = cuts.flatMap((at) => [
          { on: "read", truncateAt: at } as const,
          { on: "read", breakAt: at } as const,
        ]);
        const { store } = breakPlace(place, can, script);
        const read = async () => {
          const answer = await store.read(place.key("body"), { signal: place.signal });
          assert.ok(answer.status === "ok");
          return collect(answer.body);
        };
        for (const _ of script) await assert.rejects(read(), StoreError);
        assertSame(await read(), bytes);
      },
    },
    {
      id: "fault-listing",
      title: "lists each object once when the listing breaks off again and again",
      async check(place) {
        const keys = Array.from({ length: 12 }, (_, index) => `${index % 2 === 0 ? "a" : "b/c"}-${index + 10}`).sort();
        await inParallel(keys, (key) => place.write(key, "x"));
        const script = [0, 1, 5, 2].map((count) => ({ on: "list", breakAfterObjects: count }) as const);
        const { store, asked } = breakPlace(place, can, script);
        const listed = [];
        for await (const { key } of store.list(place.prefix, { signal: place.signal })) listed.push(key);
        assert.deepEqual(listed, keys.map(place.key));
        assert.equal(asked("list"), script.length + 1);
      },
    },
    {
      id: "fault-abort",
      title: "is not tried again when the signal aborts during the wait",
      async check(place) {
        const fail = { ...unavailable, retryAfterMs: 10_000 };
        const { store, asked } = breakPlace(place, can, [{ times: Number.POSITIVE_INFINITY, fail }]);
        const controller = new AbortController();
        const head = failure(store.head(place.key("object"), { signal: controller.signal }), "aborted");
        setImmediate(() => controller.abort());
        await head;
        assert.equal(asked("head"), 1);
      },
    },
  ];
}
