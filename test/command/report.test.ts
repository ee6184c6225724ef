import { expect, it } from "vitest";
import { buildReport, reportEntry } from "../../core/command/report.ts";

const result = {
  status: "ok",
  result: "{}",
  startedAt: "2025-01-01T00:00:00.000Z",
  durationMs: 1500,
  attempts: 1,
} as const;
const entry = reportEntry("a()", "first", result);
const parts = {
  deviceId: "device-7",
  service: "apps",
  batch: "batch-1",
  receivedAt: "2024-12-31T23:59:00.000Z",
  fault: undefined,
  entries: [entry],
};

it("has the seed's members first, and ends when the last command ended", () => {
  expect(JSON.stringify(buildReport(parts))).toBe(
    '{"general_status":"ok","general_error":"","commands":[{"command":"a()","result":"{}","status":"ok","id":"first",' +
      '"started_at":"2025-01-01T00:00:00.000Z","duration_ms":1500,"attempts":1}],"device_id":"device-7","service":"apps",' +
      '"batch":"batch-1","finished_at":"2025-01-01T00:00:01.500Z"}',
  );
});

it("is the same bytes whenever it is made again", () => {
  const text = JSON.stringify(buildReport(parts));
  expect(JSON.stringify(buildReport(structuredClone(parts)))).toBe(text);
});

it("says what was wrong with a batch of which nothing ran", () => {
  const fault = { code: "document-json", message: "the document is not JSON", hint: "send JSON" };
  expect(buildReport({ ...parts, fault, entries: [] })).toEqual({
    general_status: "error",
    general_error: "the document is not JSON",
    commands: [],
    device_id: "device-7",
    service: "apps",
    batch: "batch-1",
    finished_at: parts.receivedAt,
    error: fault,
  });
});

it("stays ok when a command failed: only the batch as a whole can fail it", () => {
  const error = { code: "command-unknown", message: "no such command", span: { start: 0, end: 1 } };
  const failed = reportEntry("b()", undefined, { ...result, status: "error", result: '"no such command"', error });
  const report = buildReport({ ...parts, entries: [entry, failed] });
  expect(report.general_status).toBe("ok");
  expect(report.commands[1]).toEqual({
    command: "b()",
    result: '"no such command"',
    status: "error",
    error,
    started_at: result.startedAt,
    duration_ms: 1500,
    attempts: 1,
  });
});

it("is made of a thousand entries and of none", () => {
  expect(buildReport({ ...parts, entries: Array.from({ length: 1000 }, () => entry) }).commands).toHaveLength(1000);
  expect(buildReport({ ...parts, entries: [] }).finished_at).toBe(parts.receivedAt);
});
