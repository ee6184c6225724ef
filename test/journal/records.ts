import fc from "fast-check";
import { applyRecord } from "../../core/journal/apply.ts";
import type { EntryResult, JournalRecord, OutboxItem } from "../../core/journal/records.ts";
import { type DeviceState, type EntryState, emptyState } from "../../core/journal/state.ts";

const at = "2025-01-01T00:00:00.000Z";

/** What these records make of a device that knows nothing. */
export const addUp = (records: readonly JournalRecord[]): DeviceState => {
  const state = emptyState();
  for (const record of records) applyRecord(state, record);
  return state;
};

/** The start that `openJournal` makes. */
export const boot: JournalRecord = { t: "boot", id: "boot", at };

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

export const begun = (service: string, entry: number, attempt = 1): JournalRecord => ({
  t: "begun",
  service,
  entry,
  attempt,
  effect: "once",
  at,
  boot: "boot",
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
const time = fc.constantFrom(at, "1970-01-01T00:00:00.000Z", "2031-05-06T07:08:09.010Z");
const document = fc.record({ etag: text, version: text });
const entry = fc.nat({ max: 4 });
// Through JSON once, as everything that is kept: it knows no negative zero.
const json = fc.json({ maxDepth: 2 }).map((written) => JSON.parse(written) as string);
const blob = fc.record({ file: text, size: fc.nat(), sha256: text });
const fault = fc.record(
  { code: text, message: text, span: fc.record({ start: fc.nat(), end: fc.nat() }), hint: text },
  { requiredKeys: ["code", "message"] },
);
const effect = fc.constantFrom("read" as const, "idempotent" as const, "once" as const);
const result = fc.record(
  {
    status: fc.constantFrom<"ok" | "error">("ok", "error"),
    result: fc.json({ maxDepth: 1 }),
    blob,
    error: fault,
    startedAt: fc.constant(at),
    durationMs: fc.nat(),
    attempts: fc.nat({ max: 3 }),
  },
  { requiredKeys: ["status", "result", "startedAt", "durationMs", "attempts"] },
);
const entryState: fc.Arbitrary<EntryState> = fc.record({
  attempts: fc.nat({ max: 3 }),
  effect: fc.option(effect, { nil: undefined }),
  begunAt: fc.option(time, { nil: undefined }),
  boot: fc.option(text, { nil: undefined }),
  restarting: fc.option(fc.record({ note: json }), { nil: undefined }),
  result: fc.option(result, { nil: undefined }),
});
const values = fc.array(fc.oneof(fc.tuple(text), fc.tuple(text, json)), { maxLength: 3 });
const items = fc.array(
  fc.tuple(id, fc.option(text)).map(([id, sha256]) => ({ ...item(id), ...(sha256 === null ? {} : { sha256 }) })),
  { maxLength: 2 },
);

/** Any record of any kind, in no sensible order: what the state makes of it must only be the same every time. */
export const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ t: fc.constant("boot"), at: time, id: text }, { requiredKeys: ["t", "at"] }),
  fc.record({ t: fc.constant("stopped"), at: time }),
  fc.record({ t: fc.constant("damaged"), at: time, reason: text }),
  fc.record({ t: fc.constant("clock"), at: time, lower: fc.boolean() }, { requiredKeys: ["t", "at"] }),
  fc.record({ t: fc.constant("known"), service, document }),
  fc.record(
    {
      ...{ t: fc.constant("received"), service, batch: text, at: time, document },
      ...{ file: text, sha256: text, entries: fc.nat({ max: 9 }), fault },
    },
    { requiredKeys: ["t", "service", "batch", "at", "document"] },
  ),
  fc.record(
    { t: fc.constant("begun"), service, entry, attempt: fc.integer({ min: 1, max: 3 }), effect, at: time, boot: text },
    { requiredKeys: ["t", "service", "entry", "attempt", "effect", "at"] },
  ),
  fc.record({ t: fc.constant("spared"), service, entry, before: fc.option(entryState, { nil: undefined }) }),
  fc.record({ t: fc.constant("restarting"), service, entry, note: json }),
  fc.record(
    { t: fc.constant("ended"), service, entry, result, kept: fc.record({ owner: service, values }) },
    { requiredKeys: ["t", "service", "entry", "result"] },
  ),
  fc.record({ t: fc.constant("changed"), kept: fc.record({ owner: service, values }) }),
  fc.record({ t: fc.constant("reported"), service, items, remove: fc.boolean() }),
  fc.record({ t: fc.constant("gone"), service }),
  fc.record({ t: fc.constant("removed"), service }),
  fc.record({ t: fc.constant("queued"), items }),
  fc.record({ t: fc.constant("uploaded"), id }),
  fc.record({ t: fc.constant("dropped"), ids: fc.array(id, { maxLength: 3 }) }),
  fc.record(
    { t: fc.constant("kept"), owner: service, name: text, value: json },
    { requiredKeys: ["t", "owner", "name"] },
  ),
) as fc.Arbitrary<JournalRecord>;
