import { expect, it } from "vitest";
import { mayHaveRun, mostAttempts, mostDeaths, nextStep, wantedFiles } from "../../core/journal/recover.ts";
import { type EntryState, emptyEntry } from "../../core/journal/state.ts";
import type { Effect } from "../../core/plugin/contract.ts";
import { addUp, item, ok, received } from "./records.ts";

const begun = (effect: Effect, attempts: number): EntryState => ({ ...emptyEntry(), attempts, effect });
const restarting = { note: null };
const result = ok();
const last = mostDeaths - 1;

it.each([
  ["nothing is known of it", 0, undefined, "run"],
  ["it was only looked at", 0, emptyEntry(), "run"],
  ["nothing is known of it, one death before the last", last, undefined, "run"],
  ["nothing is known of it in a deadly batch", mostDeaths, undefined, "quarantined"],
  ["it was only looked at in a deadly batch", mostDeaths, emptyEntry(), "quarantined"],
  ["a read was begun", 0, begun("read", 1), "run"],
  ["a read was begun twice", 0, begun("read", mostAttempts - 1), "run"],
  ["a read was begun three times", 0, begun("read", mostAttempts), "interrupted"],
  ["a read was begun, one death before the last", last, begun("read", 1), "run"],
  ["a read was begun in a deadly batch", mostDeaths, begun("read", 1), "quarantined"],
  ["a read was begun in a batch that is worse than deadly", mostDeaths + 1, begun("read", 1), "quarantined"],
  ["a read was begun three times in a deadly batch", mostDeaths, begun("read", mostAttempts), "interrupted"],
  ["an idempotent command was begun", 0, begun("idempotent", 1), "run"],
  ["an idempotent command was begun twice", 0, begun("idempotent", mostAttempts - 1), "run"],
  ["an idempotent command was begun three times", 0, begun("idempotent", mostAttempts), "interrupted"],
  ["an idempotent command was begun in a deadly batch", mostDeaths, begun("idempotent", 1), "quarantined"],
  ["a command that must not be repeated was begun", 0, begun("once", 1), "interrupted"],
  ["a command that must not be repeated was begun in a deadly batch", mostDeaths, begun("once", 1), "interrupted"],
  ["a command has asked for a restart", 0, { ...begun("once", 1), restarting }, "judge"],
  ["a command has asked for a second restart", last, { ...begun("once", mostAttempts - 1), restarting }, "judge"],
  ["a command has asked for a third restart", 0, { ...begun("once", mostAttempts), restarting }, "interrupted"],
  ["an idempotent one has asked thrice", 0, { ...begun("idempotent", mostAttempts), restarting }, "interrupted"],
  ["a restart was asked for in a deadly batch", mostDeaths, { ...begun("once", 1), restarting }, "interrupted"],
  ["an idempotent one has asked in it", mostDeaths, { ...begun("idempotent", 1), restarting }, "quarantined"],
  ["it has a result", 0, { ...begun("once", 1), result }, "nothing"],
  ["it has a result in a deadly batch", mostDeaths, { ...begun("once", 1), result }, "nothing"],
  ["it has a result although it was never begun", 0, { ...emptyEntry(), result }, "nothing"],
  ["it has a result although a restart was asked for", 0, { ...begun("once", 1), restarting, result }, "nothing"],
] as const)("an entry of which %s (%i deaths)", (_, deaths, entry, expected) => {
  expect(nextStep({ deaths }, entry)).toBe(expected);
});

it.each([
  ["once", true, true],
  ["once", false, false],
  ["idempotent", true, false],
  ["idempotent", false, false],
  ["read", true, false],
  ["read", false, false],
] as const)("what may have run: a command that is %s, in a batch in doubt: %s", (effect, isDoubtful, expected) => {
  expect(mayHaveRun({ isDoubtful }, effect)).toBe(expected);
});

it("wants the staged files of open batches, the files of their results and those that wait for upload", () => {
  const blob = { file: "large", size: 1, sha256: "" };
  const before = [
    { ...received("apps", "one"), file: "apps.json" },
    { t: "ended", service: "apps", entry: 0, result: { ...ok(""), blob } },
    { t: "ended", service: "apps", entry: 1, result: ok("1") },
    { t: "received", service: "display", batch: "x", at: "", document: { etag: "", version: "" } },
    { t: "queued", items: [item("a"), { ...item("b"), file: "shared" }, { ...item("c"), file: "shared" }] },
  ] as const;
  expect(wantedFiles(addUp(before))).toEqual({
    staged: new Set(["apps.json"]),
    results: new Set(["large"]),
    outbox: new Set(["a", "shared"]),
  });
  const after = [
    ...before,
    { t: "reported", service: "apps", items: [item("report")], remove: false },
    { t: "uploaded", id: "a" },
    { t: "uploaded", id: "b" },
  ] as const;
  expect(wantedFiles(addUp(after))).toEqual({
    staged: new Set(),
    results: new Set(),
    outbox: new Set(["shared", "report"]),
  });
  expect(wantedFiles(addUp([]))).toEqual({ staged: new Set(), results: new Set(), outbox: new Set() });
});
