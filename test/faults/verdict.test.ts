import { expect, it } from "vitest";
import type { ReportEntry } from "../../core/command/report.ts";
import { makeFixedDocument } from "./documents.ts";
import { Findings, type Sort } from "./findings.ts";
import { judgeJournal } from "./journal-verdict.ts";
import { Tally } from "./tally.ts";
import { judge } from "./verdict.ts";

const document = makeFixedDocument("left", "batch", ["once", "again", "send", "count"]);
const resultKey = "status/left/results/batch.json";
const error = (code: string) => ({ status: "error" as const, result: '"why"', error: { code, message: "why" } });

/** A device that did everything rightly, as far as it can be seen from outside. */
function makeCase() {
  const results = ["batch-0", "batch-1", "batch-2", 1].map((result) => JSON.stringify(result));
  return {
    effects: ["batch-0 1", "batch-1 1", "batch-1 2", "batch-2 1", "batch-3 1"],
    commands: document.entries.map(
      ({ command }, index): ReportEntry => ({
        command,
        result: results[index] ?? "",
        status: "ok",
        started_at: "2030-01-31T12:00:00.000Z",
        duration_ms: 1,
        attempts: index === 1 ? 2 : 1,
      }),
    ),
    isAnswered: true,
    objects: new Map([["contents/sent/batch-2", "batch-2"]]),
  };
}

async function findFaults(change: (made: ReturnType<typeof makeCase>) => void) {
  const made = makeCase();
  const report = { commands: made.commands, batch: "batch", general_status: "ok", general_error: "" } as const;
  const before = JSON.stringify(report);
  for (const key of [resultKey, "status/left/last_monitoring_status.json"]) made.objects.set(key, before);
  change(made);
  const { commands } = made;
  const isQuarantined = commands.some((told) => told.error?.code === "quarantined");
  const full = { ...report, commands, device_id: "d", service: "left", finished_at: "" };
  const told = isQuarantined ? { ...full, general_status: "error" as const } : full;
  const answer = made.isAnswered ? { key: "left/results/batch.json", text: before, report: told } : undefined;
  const central = {
    lookMs: 1,
    put: () => Promise.resolve(),
    results: () => Promise.resolve([]),
    read: (store: string, key: string) => Promise.resolve(made.objects.get(`${store}/${key}`)),
  };
  const [findings, tally] = [new Findings(), new Tally()];
  const effectLines = made.effects.map((effect) => `left ${effect}\n`).join("");
  await judge({ sendings: [{ document, answer }], effectLines, central }, findings, tally);
  return { findings, tally };
}

it("finds nothing in a device that did everything rightly", async () => {
  const { findings, tally } = await findFaults(() => undefined);
  expect(findings.texts).toEqual([]);
  expect(tally).toMatchObject({ ok: 4, repeated: 1, unknown: 0 });
});

it("counts a once command of unknown outcome, and that its effect is there", async () => {
  const { findings, tally } = await findFaults((made) => {
    made.commands = made.commands.map((told, index) => (index === 0 ? { ...told, ...error("interrupted") } : told));
  });
  expect(findings.texts).toEqual([]);
  expect(tally).toMatchObject({ ok: 3, unknown: 1, unknownWithEffect: 1 });
});

type Change = (made: ReturnType<typeof makeCase>) => void;
const tell =
  (index: number, told: Partial<ReportEntry>): Change =>
  (made) => {
    made.commands = made.commands.map((entry, at) => (at === index ? { ...entry, ...told } : entry));
  };
const effects =
  (...lines: readonly string[]): Change =>
  (made) => {
    made.effects = [...lines];
  };
const faults: readonly (readonly [what: string, sort: Sort, change: Change])[] = [
  ["a document without a result", "lost", (made) => Object.assign(made, { isAnswered: false })],
  ["an entry without a result", "lost", (made) => made.commands.pop()],
  ["a once command that ran twice", "double", (made) => made.effects.splice(1, 0, "batch-0 2")],
  ["an attempt that was not counted", "double", tell(1, { attempts: 1 })],
  ["ok without an effect", "lost", (made) => made.effects.shift()],
  ["effects that are out of order", "double", effects("batch-1 2", "batch-0 1", "batch-2 1", "batch-3 1")],
  ["a wrong result", "torn", tell(0, { result: '"batch"' })],
  ["a count that went astray", "double", tell(3, { result: "2" })],
  ["a result file that has changed", "torn", (made) => made.objects.set(resultKey, "{}")],
  ["a result file that is gone", "lost", (made) => made.objects.delete(resultKey)],
  ["an upload that never came", "lost", (made) => made.objects.delete("contents/sent/batch-2")],
  ["a command that may be repeated, given up early", "lost", tell(1, error("interrupted"))],
  ["an entry that was skipped for no reason", "lost", tell(1, error("command-skipped"))],
  ["a quarantined once command that did run", "double", tell(0, error("quarantined"))],
  ["a result that was not kept on a disk that works", "lost", tell(0, error("disk-full"))],
  ["an error that nothing explains", "lost", tell(2, error("command-failed"))],
];

it.each(faults)("finds %s: %s", async (_, sort, change) => {
  const { findings } = await findFaults(change);
  expect(findings.texts.map((text) => text.split(":")[0])).toContain(sort);
});

it("finds a journal with damages, open batches, waiting or dropped uploads, or without a stop", () => {
  const right = { stopped: true, damages: 0, damaged_now: [], services: [], waiting: [], outbox: { dropped: 0 } };
  const wrong = [
    { stopped: false },
    { damages: 1 },
    { services: [{ service: "left", open: {} }] },
    { waiting: [{}] },
    { outbox: { dropped: 1 } },
  ];
  for (const [expected, answer] of [[0, right], ...wrong.map((part) => [1, { ...right, ...part }] as const)] as const) {
    const findings = new Findings();
    judgeJournal(answer, findings);
    expect(findings.texts).toHaveLength(expected);
  }
});
