import type { Summary } from "./main.ts";
import type { Trend } from "./trend.ts";

const MiB = 1024 ** 2;

function showTrend({
  name,
  isFlat,
  secondQuarter: second,
  lastQuarter: last,
  slopePerHour,
  growth,
  allowed,
}: Trend): string {
  const isBytes = ["resident memory", "heap after a collection", "buffers"].includes(name);
  const show = (value: number) => (isBytes ? `${(value / MiB).toFixed(1)} MiB` : value.toFixed(1));
  const change = `${show(second.median)} -> ${show(last.median)}, high ${show(second.high)} -> ${show(last.high)}, most ${show(last.most)}`;
  const slope = `slope ${show(slopePerHour)} an hour (${show(growth)} in all; ${show(allowed)} is allowed)`;
  return `${isFlat ? "flat " : "GROWS"}  ${name.padEnd(24)} ${change}, ${slope}`;
}

function showCounts(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}

/** The summary for people, a line each. */
export function showSummary(summary: Summary): readonly string[] {
  const { trends, operations, commands, outbox, atRest } = summary;
  const kinds = Object.entries(operations).map(([kind, { done, failed }]) => `${kind} ${done} (${failed} failed)`);
  return [
    `${summary.minutes} minutes, ${summary.requests} requests, ${summary.samples.length} samples`,
    "second quarter -> last quarter, median and 90th percentile:",
    ...trends.map(showTrend),
    `operations: ${kinds.join(", ")}`,
    `faults: ${showCounts(summary.struck)}`,
    `errors: ${showCounts(summary.errors)}`,
    `documents: ${commands.documents} with ${commands.effects} effects, lost ${commands.lost.length}, double ${commands.double.length}`,
    `outbox: ${outbox.put} put, ${outbox.lost.length} not arrived; ${summary.judgedObjects} objects of the device judged, wrong bytes ${summary.wrong.length}`,
    `at rest: ${(atRest.rss / MiB).toFixed(1)} MiB, heap ${(atRest.heap / MiB).toFixed(1)} MiB, ${atRest.sockets} sockets, ${atRest.files} files; handles: ${showCounts(atRest.handles)}`,
    ...summary.faults.slice(0, 40).map((fault) => `FAULT  ${fault}`),
    summary.passed ? "PASS" : "FAIL",
  ];
}
