import fc from "fast-check";
import type { EntryResult, JournalRecord, OutboxItem } from "../../core/journal/records.ts";

const at = "2025-01-01T00:00:00.000Z";

export const ok = (result = "null"): EntryResult => ({
  status: "ok",
  result,
  startedAt: at,
  durationMs: 1,
  attempts: 1,
});

export const item = (id: string): OutboxItem => ({
  id,
  store: "status",
  key: `${id}.json`,
  file: id,
  size: 1,
  contentType: "application/json",
  createOnly: false,
  kind: "upload",
});

export const received = (service: string, batch: string): JournalRecord => ({
  t: "received",
  service,
  batch,
  at,
  document: { etag: `"${batch}"`, version: batch },
  file: `${service}.json`,
});

export const kept = (name: string, value: string | number | undefined): JournalRecord => ({
  t: "kept",
  owner: "scheduler",
  name,
  ...(value === undefined ? {} : { value }),
});

/** Where each of these pieces begins, and where the last one ends. */
export function offsetsOf(pieces: readonly Uint8Array[]): number[] {
  const offsets = [0];
  let at = 0;
  for (const { byteLength } of pieces) {
    at += byteLength;
    offsets.push(at);
  }
  return offsets;
}

const service = fc.constantFrom("apps", "display", "__proto__");
const text = fc.string({ unit: "binary", maxLength: 12 });
const id = fc.constantFrom("a", "b", "c", "d");
const document = fc.record({ etag: text, version: text });
const entry = fc.nat({ max: 4 });
const result = fc.record({
  status: fc.constantFrom<"ok" | "error">("ok", "error"),
  result: fc.json({ maxDepth: 1 }),
  startedAt: fc.constant(at),
  durationMs: fc.nat(),
  attempts: fc.nat({ max: 3 }),
});

/** Any record, in no sensible order: what the state makes of it must only be the same every time. */
export const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ t: fc.constant("boot"), at: fc.constant(at) }),
  fc.record({ t: fc.constant("known"), service, document }),
  fc.record(
    { t: fc.constant("received"), service, batch: text, at: fc.constant(at), document, file: text },
    { requiredKeys: ["t", "service", "batch", "at", "document"] },
  ),
  fc.record({
    t: fc.constant("begun"),
    service,
    entry,
    attempt: fc.integer({ min: 1, max: 3 }),
    effect: fc.constantFrom("read" as const, "idempotent" as const, "once" as const),
    at: fc.constant(at),
  }),
  fc.record({ t: fc.constant("ended"), service, entry, result }),
  fc.record({
    t: fc.constant("reported"),
    service,
    items: fc.array(id.map(item), { maxLength: 2 }),
    remove: fc.boolean(),
  }),
  fc.record({ t: fc.constant("removed"), service }),
  fc.record({ t: fc.constant("queued"), items: fc.array(id.map(item), { maxLength: 2 }) }),
  fc.record({ t: fc.constant("uploaded"), id }),
  fc.record(
    {
      t: fc.constant("kept"),
      owner: service,
      name: text,
      // Through JSON once, as everything that is kept: it knows no negative zero.
      value: fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as string),
    },
    { requiredKeys: ["t", "owner", "name"] },
  ),
) as fc.Arbitrary<JournalRecord>;
