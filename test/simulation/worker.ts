import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { createKit } from "./kit.ts";
import type { Violation } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import { makePlan } from "./planning.ts";
import { runPlan } from "./runner.ts";
import { shrink } from "./shrink.ts";

/** What the launcher asks for. */
export type Request =
  | { readonly ask: "run"; readonly from: number; readonly to: number }
  | { readonly ask: "trace"; readonly plan: Plan | number }
  | { readonly ask: "shrink"; readonly seed: number };

export interface Figures {
  readonly runs: number;
  /** Runs in which a process was killed or the power failed. */
  readonly crashRuns: number;
  readonly crashes: number;
  readonly steps: number;
}

export type Answer =
  | {
      readonly answer: "ran";
      readonly figures: Figures;
      readonly failures: readonly { readonly seed: number; readonly violation: Violation }[];
    }
  | {
      readonly answer: "traced";
      readonly plan: Plan;
      readonly violation: Violation | undefined;
      readonly lines: readonly string[];
      /** SHA-256 of the lines. */
      readonly digest: string;
    }
  | { readonly answer: "shrunk"; readonly plan: Plan; readonly runs: number; readonly lines: readonly string[] };

const port = parentPort;
if (port === null) throw new Error("this file is the simulation's worker: run `npm run simulate`");
const kit = await createKit();

async function runSeeds(from: number, to: number): Promise<Answer> {
  const failures: { seed: number; violation: Violation }[] = [];
  const figures = { runs: 0, crashRuns: 0, crashes: 0, steps: 0 };
  for (let seed = from; seed < to; seed++) {
    const { violation, crashes, steps } = await runPlan(makePlan(seed), kit);
    figures.runs += 1;
    figures.crashRuns += crashes > 0 ? 1 : 0;
    figures.crashes += crashes;
    figures.steps += steps;
    if (violation !== undefined) failures.push({ seed, violation });
  }
  return { answer: "ran", figures, failures };
}

async function trace(given: Plan | number): Promise<Answer & { answer: "traced" }> {
  const plan = typeof given === "number" ? makePlan(given) : given;
  const lines: string[] = [];
  const { violation } = await runPlan(plan, kit, (line) => lines.push(line));
  const digest = createHash("sha256").update(lines.join("\n")).digest("hex");
  return { answer: "traced", plan, violation, lines, digest };
}

async function shrinkSeed(seed: number): Promise<Answer> {
  const plan = makePlan(seed);
  const check = (await runPlan(plan, kit)).violation?.check;
  const smallest = await shrink(plan, async (one) => (await runPlan(one, kit)).violation?.check === check);
  return { answer: "shrunk", ...smallest, lines: (await trace(smallest.plan)).lines };
}

function serve(request: Request): Promise<Answer> {
  if (request.ask === "run") return runSeeds(request.from, request.to);
  return request.ask === "trace" ? trace(request.plan) : shrinkSeed(request.seed);
}

port.on("message", async (request: Request) => port.postMessage(await serve(request)));
