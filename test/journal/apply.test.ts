import { describe, expect, it } from "vitest";
import { rememberedBatches } from "../../core/journal/apply.ts";
import type { JournalRecord } from "../../core/journal/records.ts";
import { emptyEntry, isDoubtful } from "../../core/journal/state.ts";
import { addUp, begun, boot, item, kept, ok, received } from "./records.ts";

const at = "2025-01-01T00:00:00.000Z";
const stopped: JournalRecord = { t: "stopped", at };
const damaged: JournalRecord = { t: "damaged", at, reason: "why" };
const document = { etag: "e", version: "v" };
const apps = (records: readonly JournalRecord[]) => addUp(records).services.get("apps");
const entryOf = (records: readonly JournalRecord[], index = 0) => apps(records)?.open?.entries.get(index);

describe("deaths", () => {
  const open = received("apps", "one");
  it.each([
    ["a boot after no stop", [boot, open, boot], 1],
    ["two boots after no stop", [boot, open, boot, boot], 2],
    ["a boot after a stop", [boot, open, stopped, boot], 0],
    ["a death after a stop", [boot, open, stopped, boot, boot], 1],
    ["no boot", [boot, open], 0],
    ["a journal that knows of no boot before", [open, boot], 0],
  ] as const)("of an open batch: %s", (_, records, deaths) => {
    expect(apps(records)?.open?.deaths).toBe(deaths);
  });

  it("are counted for every open batch, and begin anew with the next one", () => {
    const reported = { t: "reported", service: "apps", items: [], remove: false } as const;
    const state = addUp([boot, open, received("display", "x"), boot, reported, received("apps", "two"), boot]);
    expect(state.services.get("apps")?.open).toMatchObject({ batch: "two", deaths: 1 });
    expect(state.services.get("display")?.open?.deaths).toBe(2);
    expect(state.boots).toBe(3);
  });
});

describe("spared", () => {
  const spared = (before: JournalRecord & { t: "spared" }) => before;

  it("is as if the entry had not been begun", () => {
    const before = [boot, received("apps", "one")];
    const records = [
      ...before,
      begun("apps", 0),
      spared({ t: "spared", service: "apps", entry: 0, before: undefined }),
    ];
    expect(addUp(records)).toEqual(addUp(before));
  });

  it("restores what was known of an earlier attempt, with the restart that it asked for", () => {
    const before = [boot, received("apps", "one"), begun("apps", 0)] as const;
    const restarting = { t: "restarting", service: "apps", entry: 0, note: "n" } as const;
    const known = { ...(entryOf([...before, restarting]) ?? emptyEntry()) };
    expect(known).toMatchObject({ attempts: 1, restarting: { note: "n" } });
    const again = begun("apps", 0, 2);
    expect(entryOf([...before, restarting, again])).toMatchObject({ attempts: 2, restarting: undefined });
    const records = [...before, restarting, again, { t: "spared", service: "apps", entry: 0, before: known } as const];
    expect(entryOf(records)).toEqual(known);
  });

  it("leaves the entry free to be begun again", () => {
    const before = emptyEntry();
    const records = [received("apps", "one"), { t: "spared", service: "apps", entry: 0, before } as const];
    expect(entryOf([...records, begun("apps", 0)])?.attempts).toBe(1);
    // The record is what the journal wrote: nothing may change it behind its back.
    expect(before).toEqual(emptyEntry());
  });
});

describe("a result", () => {
  const ended = (result: string, values?: [string, number?][]): JournalRecord => ({
    ...{ t: "ended", service: "apps", entry: 0, result: ok(result) },
    ...(values === undefined ? {} : { kept: { owner: "apps", values } }),
  });

  it("never changes once it is there, nor what was kept with it", () => {
    const records = [received("apps", "one"), begun("apps", 0), ended("1", [["a", 1]])];
    const state = addUp([...records, ended("2", [["a", 2]])]);
    expect(state).toEqual(addUp(records));
    expect(state.services.get("apps")?.open?.entries.get(0)?.result).toEqual(ok("1"));
  });

  it("brings what is kept with it, and forgets what has no value", () => {
    const state = addUp([received("apps", "one"), ended("1", [["a", 1], ["b", 2], ["a"]])]);
    expect(state.kept.get("apps")).toEqual(new Map([["b", 2]]));
  });

  it("is not needed for what changes without a document: one record, all of its values", () => {
    const values = [["a", 2], ["b"], ["c", null]] as const;
    const state = addUp([kept("a", 1), kept("b", 1), { t: "changed", kept: { owner: "scheduler", values } }]);
    expect([...(state.kept.get("scheduler") ?? [])]).toEqual([
      ["a", 2],
      ["c", null],
    ]);
  });

  it("ends a restart that was asked for", () => {
    const restarting = { t: "restarting", service: "apps", entry: 0, note: 1 } as const;
    const records = [received("apps", "one"), begun("apps", 0), restarting, ended("1")];
    expect(entryOf(records)).toMatchObject({ restarting: undefined, result: ok("1") });
  });
});

describe("the clock's floor", () => {
  const clock = (time: string, lower?: boolean): JournalRecord => ({
    ...{ t: "clock", at: time },
    ...(lower === undefined ? {} : { lower }),
  });
  const [early, late] = ["2001-01-01T00:00:00.000Z", "2040-01-01T00:00:00.000Z"];

  it.each<[string, JournalRecord]>([
    ["boot", { t: "boot", at: early }],
    ["stopped", { t: "stopped", at: early }],
    ["clock", clock(early)],
    ["clock that is not lowered", clock(early, false)],
    ["received", { ...received("apps", "one"), at: early } as JournalRecord],
    ["begun", { ...begun("apps", 0), at: early } as JournalRecord],
  ])("is not lowered by %s of an earlier time, and is raised by a later one", (_, record) => {
    expect(addUp([clock(at), record]).clockFloor).toBe(Date.parse(at));
    const later = { ...record, at: late, lower: false } as JournalRecord;
    expect(addUp([clock(at), later]).clockFloor).toBe(Date.parse(late));
  });

  it("is lowered when the earlier time is believed", () => {
    expect(addUp([clock(late), clock(early, true)]).clockFloor).toBe(Date.parse(early));
  });

  it("is not moved by a time that is none", () => {
    expect(addUp([clock(at), { t: "boot", at: "never" }]).clockFloor).toBe(Date.parse(at));
  });
});

describe("doubt", () => {
  it("falls on every batch that is open, and on the next document of every service", () => {
    const state = addUp([received("apps", "one"), { t: "known", service: "display", document }, damaged]);
    expect(state.services.get("apps")?.open?.isDoubtful).toBe(true);
    for (const service of ["apps", "display", "never seen"]) expect(isDoubtful(state, service)).toBe(true);
    expect(state).toMatchObject({ damages: 1, lastDamage: { at, reason: "why" } });
  });

  it.each<[string, JournalRecord]>([
    ["known", { t: "known", service: "apps", document }],
    ["gone", { t: "gone", service: "apps" }],
    ["received", received("apps", "one")],
  ])("ends for a service when its document was looked at: %s", (_, record) => {
    const state = addUp([damaged, record]);
    expect(isDoubtful(state, "apps")).toBe(false);
    expect(isDoubtful(addUp([damaged, record, damaged]), "apps")).toBe(true);
    expect(isDoubtful(state, "display")).toBe(true);
  });

  it("stays on the batch that was taken in it, and not on the one after", () => {
    const first = apps([damaged, received("apps", "one")]);
    expect(first?.open?.isDoubtful).toBe(true);
    const reported = { t: "reported", service: "apps", items: [], remove: true } as const;
    const records = [damaged, received("apps", "one"), reported, received("apps", "two")];
    expect(apps(records)?.open?.isDoubtful).toBe(false);
  });
});

describe("the outbox", () => {
  it("counts as dropped what was in it, and nothing else", () => {
    const queued = { t: "queued", items: [item("a"), item("b"), item("c")] } as const;
    const dropped = { t: "dropped", ids: ["a", "never", "a"] } as const;
    const state = addUp([queued, dropped, { t: "uploaded", id: "b" }, { t: "dropped", ids: ["b", "c"] }]);
    expect(state.dropped).toBe(2);
    expect(state.outbox.size).toBe(0);
  });

  it("takes a report's items with the record that closes the batch", () => {
    const reported = { t: "reported", service: "apps", items: [item("a")], remove: true } as const;
    const state = addUp([received("apps", "one"), reported]);
    expect([...state.outbox.keys()]).toEqual(["a"]);
    expect(state.services.get("apps")).toMatchObject({ open: undefined, removal: { version: "one" } });
    expect(apps([received("apps", "one"), reported, { t: "removed", service: "apps" }])?.removal).toBeUndefined();
  });
});

it("remembers the newest thousand batches of each service", () => {
  const batches = Array.from({ length: rememberedBatches + 5 }, (_, index) => `batch-${index}`);
  const state = addUp([...batches.map((batch) => received("apps", batch)), received("display", "other"), kept("a", 1)]);
  expect([...(state.services.get("apps")?.batches ?? [])]).toEqual(batches.slice(5));
  expect(state.services.get("apps")?.forgotten).toBe(5);
  expect(state.services.get("display")).toMatchObject({ batches: new Set(["other"]), forgotten: 0 });
});
