import assert from "node:assert/strict";
import { type Capabilities, type Driver, StoreError, type StoreErrorCode } from "../../plugin/driver.ts";
import { nodeClock } from "../../ports/clock.ts";
import { silentLog } from "../../ports/log.ts";
import { openStore } from "../../store/store.ts";
import { assertSame, type CaseDraft, collect, makeBody, makeBytes, type Place } from "./case.ts";

/**
 * What becomes of requests on their way: the connection is reset; nothing ever comes; the answer drips; 500; 503 with a
 * Retry-After of one second; 429; the credentials have expired.
 */
export type TransportFault = "reset" | "stall" | "drip" | "error" | "busy" | "throttled" | "expired";

/** The way to the store under test, where it can be counted and broken. */
export interface Transport {
  /** Requests that the store was sent so far. */
  requests(): number;
  /** From now on the next `times` requests meet this fault; none without it. Cases of faults are left out where it is absent. */
  readonly setFault?: (fault?: TransportFault, times?: number) => void;
}

interface Expectation {
  readonly fault: TransportFault;
  readonly times: number;
  /** What it ends as; it is done all the same without it. */
  readonly code?: StoreErrorCode;
  /** At least so many milliseconds. */
  readonly leastMs?: number;
  readonly says: string;
}

const lasting = Number.POSITIVE_INFINITY;
const attempts = 4;
/** Milliseconds that the layers give an answer: long enough for a busy machine, and short where none ever comes. */
const requestMs = { usual: 5_000, stalled: 400 } as const;

const expectations: readonly Expectation[] = [
  { fault: "reset", times: 2, says: "is done although the connection is reset twice" },
  { fault: "reset", times: lasting, code: "unavailable", says: "fails while every connection is reset" },
  { fault: "stall", times: lasting, code: "timeout", says: "fails while no answer comes" },
  { fault: "drip", times: lasting, says: "is done although the answer drips" },
  { fault: "error", times: lasting, code: "unavailable", says: "fails while the store answers 500" },
  { fault: "busy", times: 1, leastMs: 990, says: "waits as long as the store asks for with its 503" },
  { fault: "throttled", times: lasting, code: "throttled", says: "fails while the store answers 429" },
  { fault: "expired", times: lasting, code: "denied", says: "fails when the credentials expire" },
];

const [before, after] = [makeBytes(20_000, 1), makeBytes(20_001, 2)];

const operations: Readonly<Record<string, (store: Driver, place: Place) => Promise<void>>> = {
  head: async (store, { key, signal }) => {
    const info = await store.head(key("object"), { signal });
    assert.equal(info === "missing" ? info : info.size, before.byteLength);
  },
  read: async (store, { key, signal }) => {
    const answer = await store.read(key("object"), { signal });
    assert.ok(answer.status === "ok");
    assertSame(await collect(answer.body), before);
  },
  write: async (store, { key, signal }) => {
    await store.write(key("object"), makeBody(after), { signal });
  },
  list: async (store, { prefix, key, signal }) => {
    const keys = [];
    for await (const info of store.list(prefix, { signal })) keys.push(info.key);
    assert.deepEqual(keys, [key("object")]);
  },
  remove: (store, { key, signal }) => store.remove(key("object"), { signal }),
};

/** The place's driver behind core's layers, which do not wait between tries but for what the store asks. */
function layer(driver: Driver, can: Capabilities, limitMs: number): Driver {
  const parts = { clock: nodeClock(), random: { float: () => 0, hex: () => "00" }, log: silentLog };
  return openStore({
    name: "faulty",
    backend: "faulty",
    can,
    driver,
    prefix: "",
    requestMs: limitMs,
    attempts,
    ...parts,
  });
}

/** Old, new or, where it was to be removed, nothing: never a part and never a mixture. */
async function checkWhole(place: Place, operation: string): Promise<void> {
  if (!(await place.list()).includes("object")) return assert.equal(operation, "remove", "the object is still there");
  const found = await place.read("object");
  const isNew = operation === "write" && Buffer.compare(found, after) === 0;
  if (!isNew) assertSame(found, before);
}

function draftCase(name: string, expected: Expectation, can: Capabilities, transport: Transport): CaseDraft {
  const { fault, times, code, leastMs = 0, says } = expected;
  // A removal that may have been done is not repeated: callers look first.
  const isLeft = name === "remove" && fault === "reset";
  const setFault = transport.setFault ?? (() => undefined);
  return {
    id: `transport-${name}-${fault}${times === 2 ? "-twice" : ""}`,
    title: isLeft
      ? `is left to the caller at a reset, for a second removal could take a newer object: ${name}`
      : `${says}: ${name}`,
    async check(place) {
      const clock = nodeClock();
      const run = operations[name] ?? (() => assert.fail(name));
      await place.write("object", before);
      const store = layer(place.driver, can, fault === "stall" ? requestMs.stalled : requestMs.usual);
      const [asked, begun] = [transport.requests(), clock.elapsed()];
      setFault(fault, times);
      const thrown = await run(store, place).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      setFault();
      const tries = transport.requests() - asked;
      assert.ok(tries >= 1 && tries <= attempts, `${tries} requests; expected 1 to ${attempts}`);
      // A HEAD that is refused has no body; a read may be told the reason.
      const most = name === "head" ? 2 : 1;
      if (code === "denied") assert.ok(tries <= most, `what is denied is not asked again; ${tries} requests`);
      const wanted = isLeft ? "unavailable" : code;
      const found = thrown instanceof StoreError || thrown === undefined ? thrown?.code : thrown;
      // The answer to a HEAD has no body, and a status alone may not say more than that the request is refused.
      const isMute = name === "head" && code === "denied" && found === "unsupported";
      if (!isMute) assert.equal(found, wanted);
      assert.ok(clock.elapsed() - begun >= leastMs, `after ${Math.round(clock.elapsed() - begun)} ms`);
      await checkWhole(place, name);
      await place.write("object", before);
      await run(layer(place.driver, can, requestMs.usual), place);
    },
  };
}

/** Every fault of the transport times every operation, behind core's layers. Needs `setFault`. */
export function transportCases(transport: Transport, can: Capabilities): readonly CaseDraft[] {
  if (transport.setFault === undefined) return [];
  const names = Object.keys(operations);
  return expectations.flatMap((expected) => names.map((name) => draftCase(name, expected, can, transport)));
}
