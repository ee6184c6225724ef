import { beforeAll, describe, expect, it } from "vitest";
import { createKit, type Kit } from "./kit.ts";
import type { Plan } from "./plan.ts";
import { makePlan } from "./planning.ts";
import { runPlan } from "./runner.ts";
import { shrink } from "./shrink.ts";

/** Seeds of the small share that every test run takes. */
const seeds = 150;

let kit: Kit;

beforeAll(async () => {
  kit = await createKit();
});

async function trace(plan: Plan): Promise<readonly string[]> {
  const lines: string[] = [];
  await runPlan(plan, kit, (line) => lines.push(line));
  return lines;
}

describe("the simulation", () => {
  it("finds nothing wrong with the core", { timeout: 60_000 }, async () => {
    const failures: string[] = [];
    let crashes = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const verdict = await runPlan(makePlan(seed), kit);
      crashes += verdict.crashes;
      const { violation } = verdict;
      if (violation !== undefined) failures.push(`seed ${seed}: ${violation.check}: ${violation.message}`);
    }
    expect(failures).toEqual([]);
    expect(crashes).toBeGreaterThan(seeds);
  });

  it("replays a seed step by step", async () => {
    for (const seed of [3, 11, 29]) {
      const first = await trace(makePlan(seed));
      expect(first.length).toBeGreaterThan(100);
      expect(await trace(makePlan(seed))).toEqual(first);
    }
  });

  it("plans other things for other seeds", () => {
    const plans = new Set(Array.from({ length: 50 }, (_, seed) => JSON.stringify({ ...makePlan(seed), seed: 0 })));
    expect(plans.size).toBe(50);
  });

  it("shrinks a plan to what its failure needs", async () => {
    const plan = Array.from({ length: 200 }, (_, seed) => makePlan(seed)).find(
      ({ documents, crashes }) => documents.length > 2 && crashes.length > 1,
    ) as Plan;
    // As if every power cut behind step 10 were a failure.
    const fails = async ({ crashes }: Plan) => crashes.some(({ how, after }) => how === "power" && after > 10);
    const smallest = (
      await shrink({ ...plan, crashes: [...plan.crashes, { after: 90, how: "power", gapMs: 500 }] }, fails)
    ).plan;
    expect(smallest.documents).toEqual([]);
    expect(smallest.faults).toEqual([]);
    expect(smallest.crashes).toEqual([{ after: 11, how: "power", gapMs: 0 }]);
  });
});
