import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoreError } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { type FaultKind, faultKinds } from "./fault-kinds.ts";
import { FaultyLine } from "./fault-line.ts";
import { large, listed, type Operation, requests, small } from "./fault-requests.ts";
import { causeOf, clockWith, openStoreAt, type Scene, signal, withFolder } from "./fault-scene.ts";
import { clear, transfers } from "./fault-transfers.ts";
import { makeBucket, readServer } from "./server.ts";

/** Milliseconds that the layers give an answer: long enough for a busy machine, and short where none ever comes. */
const requestMs = { usual: 10_000, silent: 700 } as const;
/** Milliseconds in which an operation ends however often a fault strikes. */
const endMs = 60_000;
const always = Number.POSITIVE_INFINITY;
const server = readServer();
const operations = [...requests, ...transfers];

let bucket: Awaited<ReturnType<typeof makeBucket>>;

beforeAll(async () => {
  bucket = await makeBucket();
  const { store, driver } = openStoreAt(server.endpoint, bucket.bucket, "common", requestMs.usual, nodeClock());
  await store.write("small", small, { signal });
  await store.write("large", large, { signal });
  await Promise.all(listed.map((key) => store.write(key, Buffer.from(key), { signal })));
  await driver.close?.();
});
afterAll(() => bucket.remove());

type Ending = { readonly thrown?: StoreError | undefined; readonly ms: number };

async function end(operation: Operation, scene: Scene): Promise<Ending> {
  const clock = nodeClock();
  const begun = clock.elapsed();
  const thrown = await operation.run(scene).then(
    () => undefined,
    (reason: unknown) => causeOf(reason),
  );
  return { thrown, ms: clock.elapsed() - begun };
}

/** Bytes that are changed where no digest could tell: the operation may end either way, but with nothing wrong published. */
function isBlind({ changes }: FaultKind, { answers }: Operation): boolean {
  return changes === "answer" && answers !== "object";
}

/** One fault on one kind of request of one operation, every time and then once. */
async function meet(kind: FaultKind, operation: Operation, seed: number): Promise<void> {
  const line = await FaultyLine.open(server.endpoint, seed);
  // Who refuses once listens again when the next try is waited for.
  let isOnce = false;
  const clock = clockWith(async () => {
    if (isOnce && kind.fault === "refused") await line.mend();
  });
  const ms = kind.isSilent === true ? requestMs.silent : requestMs.usual;
  const prefix = `cell-${seed}`;
  const own = openStoreAt(line.endpoint, bucket.bucket, prefix, ms, clock);
  const shared = openStoreAt(line.endpoint, bucket.bucket, "common", ms, clock);
  const direct = openStoreAt(server.endpoint, bucket.bucket, prefix, requestMs.usual, nodeClock());
  try {
    await withFolder(clock, async (folder, parts) => {
      const scene = { store: own.store, common: shared.store, direct: direct.store, parts, folder };
      await operation.prepare?.(scene);
      await line.strike(kind.fault, operation.on, always);
      await checkLasting(kind, operation, scene, await end(operation, scene), line);
      await line.mend();
      const { thrown: late } = await end(operation, scene);
      if (late?.code !== operation.again) expect(late, "the same operation without the fault").toBeUndefined();
      await operation.check(scene, true);

      await clear(scene);
      await operation.prepare?.(scene);
      isOnce = true;
      await line.strike(kind.fault, operation.on, 1);
      await checkOnce(kind, operation, scene, await end(operation, scene), line);
      for (const { slots } of [own.traffic, shared.traffic]) expect([slots.taken, slots.waiting]).toEqual([0, 0]);
      await line.mend();
      await clear(scene);
    });
  } finally {
    await line.close();
    for (const { driver } of [own, shared, direct]) await driver.close?.();
  }
}

async function checkLasting(kind: FaultKind, operation: Operation, scene: Scene, ending: Ending, line: FaultyLine) {
  const { thrown, ms } = ending;
  expect(ms, "milliseconds to the end").toBeLessThan(endMs);
  expect(line.struck, "requests that were struck").toBeLessThanOrEqual(operation.bound);
  if (kind.fault !== "refused") expect(line.struck, "requests that were struck").toBeGreaterThan(0);
  if (thrown === undefined && operation.isFoundOut === true) return operation.check(scene, true);
  if (kind.codes === undefined) expect(thrown).toBeUndefined();
  else if (!isBlind(kind, operation)) expect(kind.codes, thrown?.message).toContain(thrown?.code);
  await operation.check(scene, kind.codes === undefined);
}

/** Done after all; but where nobody knows whether it was done, and doing it twice may do harm, an error that says so. */
async function checkOnce(kind: FaultKind, operation: Operation, scene: Scene, { thrown }: Ending, line: FaultyLine) {
  expect(line.struck, "requests that were struck").toBe(kind.fault === "refused" ? 0 : 1);
  if (thrown === undefined && !isBlind(kind, operation)) return operation.check(scene, true);
  if (operation.isLeft === true)
    expect([kind.codes?.includes(thrown?.code ?? "denied"), thrown?.retry]).toEqual([true, "unknown-outcome"]);
  else if (!isBlind(kind, operation)) expect(thrown).toBeUndefined();
  await operation.check(scene, false);
}

describe.each(operations)("$name", (operation) => {
  const own = faultKinds.filter(
    ({ changes }) =>
      changes === undefined || (changes === "answer" ? operation.answers !== undefined : operation.sends === true),
  );
  it.concurrent.each(own)("ends well with $fault, whether it strikes once or every time", async (kind) => {
    await meet(kind, operation, operations.indexOf(operation) * 100 + faultKinds.indexOf(kind));
  });
});
