import fc from "fast-check";
import { expect, it } from "vitest";
import { isSegmentHead, journalFormat, type SegmentHead, snapshotOf, stateOf } from "../../core/journal/snapshot.ts";
import { emptyState } from "../../core/journal/state.ts";
import { addUp, anyRecord } from "./records.ts";

const throughJson = (head: SegmentHead) => JSON.parse(JSON.stringify(head)) as SegmentHead;

it("a snapshot and its reading are the same state, whatever the records were", () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 30 }), fc.nat(), (records, n) => {
      const state = addUp(records);
      const head = throughJson(snapshotOf(state, n));
      expect(head).toMatchObject({ t: "segment", format: journalFormat, n });
      expect(stateOf(head)).toEqual(state);
    }),
    { numRuns: 400 },
  );
});

it("every member of the state is in the snapshot", () => {
  const at = "2025-01-01T00:00:00.000Z";
  const document = { etag: "e", version: "v" };
  const fault = { code: "c", message: "m" };
  const state = addUp([
    { t: "boot", at, id: "boot-1" },
    { t: "queued", items: [] },
    { t: "kept", owner: "o", name: "n", value: [null] },
    { t: "received", service: "s", batch: "b", at, document, file: "f", sha256: "d", entries: 2, fault },
    { t: "damaged", at, reason: "why" },
    { t: "boot", at, id: "boot-2" },
    { t: "waiting", service: "s", isWaiting: true },
    { t: "begun", service: "s", entry: 1, attempt: 2, effect: "once", at, boot: "boot-2" },
    { t: "restarting", service: "s", entry: 1, note: { a: 1 } },
  ]);
  const read = stateOf(throughJson(snapshotOf(state, 1)));
  expect(Object.keys(read).sort()).toEqual(Object.keys(emptyState()).sort());
  expect(read).toMatchObject({
    boots: 2,
    boot: "boot-2",
    isRunning: true,
    clockFloor: Date.parse(at),
    damages: 1,
    lastDamage: { at, reason: "why" },
    dropped: 0,
  });
  const service = read.services.get("s");
  expect(service).toMatchObject({ document, forgotten: 0, seenDamages: 0, batches: new Set(["b"]) });
  const { entries, ...open } = service?.open ?? {};
  expect(open).toEqual({
    ...{ batch: "b", receivedAt: at, document, file: "f", sha256: "d", count: 2, fault },
    deaths: 1,
    isWaiting: true,
    isDoubtful: true,
  });
  const [entry] = entries?.values() ?? [];
  expect(entry).toEqual({
    ...{ attempts: 2, effect: "once", begunAt: at, boot: "boot-2", restarting: { note: { a: 1 } } },
    result: undefined,
  });
});

it.each([null, 1, "segment", {}, { t: "boot" }, []])("%j is no head of a segment", (record) => {
  expect(isSegmentHead(record)).toBe(false);
});
