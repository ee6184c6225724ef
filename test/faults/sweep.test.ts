import { beforeAll, describe, expect, it } from "vitest";
import { findStrace } from "./strace.ts";
import { runSweep } from "./sweep.ts";
import type { SweptFault } from "./sweep-figures.ts";
import { firstDocument, recovery } from "./workloads.ts";

const cases = [
  { workload: firstDocument, faults: ["kill", "EIO", "ENOSPC"] as SweptFault[], atLeast: 50 },
  { workload: recovery, faults: ["kill"] as SweptFault[], atLeast: 20 },
];

describe.skipIf(process.env["SWEEP"] === "skip")("every file-changing system call, struck in turn", () => {
  beforeAll(() => {
    findStrace();
  });

  for (const { workload, faults, atLeast } of cases) {
    const what = `${workload.name}: nothing is lost, run twice, torn or stuck at ${faults.join(", ")}`;
    it(what, { timeout: 900_000 }, async () => {
      const { findings, missed, listed, struck } = await runSweep(workload, faults, 4);
      expect(findings.texts).toEqual([]);
      expect(missed).toEqual([]);
      for (const fault of faults) {
        expect(listed[fault]).toBeGreaterThan(atLeast);
        expect(struck[fault]).toBeGreaterThanOrEqual(listed[fault]);
      }
    });
  }
});
