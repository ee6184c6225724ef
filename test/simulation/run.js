// `npm run simulate`: the real core in a simulated world, many times over. See --help.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.js";
import { runSeeds, withThread } from "./crew.js";
import { runMutants } from "./hunt.js";
import { mutants } from "./mutants.js";
import { tellFailure, tellFigures, tellProgress } from "./tell.js";

const help = `Runs the real core on a simulated disk, bucket and clock, with crashes, and checks it against a model.

npm run simulate -- [options]
  --seeds N    how many seeds to run (default 2000)
  --from F     the first of them (default 1)
  --seed S     run only this one
  --plan FILE  run only the plan in this file, as a failure prints it
  --trace      print every step of --seed or --plan
  --digest     print the digest of the steps of --seed or --plan
  --jobs J     threads (default: one a core)
  --mutants    break the core's durability in many ways, one at a time, and expect each to be seen
  --only NAMES with --mutants: only these, separated by commas
  --help       this text

Ends with 0 when nothing is wrong, 1 when a seed fails or a mutant survives, 2 when it was called wrongly.
`;

/** Failures that are shrunk and told in full; the others are listed. */
const mostTold = 3;

function refuse(reason) {
  process.stderr.write(`${reason}\n\n${help}`);
  process.exit(2);
}

function readOptions() {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const options = {
    seeds: text,
    from: text,
    seed: text,
    plan: text,
    jobs: text,
    only: text,
    trace: flag,
    digest: flag,
  };
  try {
    const { values } = parseArgs({ options: { ...options, mutants: flag, help: flag }, strict: true });
    return values;
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function readNumber(name, value, otherwise, least) {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least)
    return refuse(`--${name} ${value}: expected a whole number from ${least}`);
  return number;
}

async function runOne(file, plan, { trace, digest }) {
  return withThread(file, async (thread) => {
    const told = await thread.ask({ ask: "trace", plan });
    if (trace) process.stdout.write(`${told.lines.join("\n")}\n`);
    if (digest) process.stdout.write(`digest ${told.digest}\n`);
    if (told.violation === undefined) {
      process.stdout.write(`seed ${told.plan.seed}: nothing is wrong\n`);
      return 0;
    }
    tellFailure(
      told.plan.seed,
      told.violation,
      typeof plan === "number" ? await thread.ask({ ask: "shrink", seed: plan }) : told,
    );
    return 1;
  });
}

async function runMany(file, { from, seeds, jobs }) {
  const begun = performance.now();
  const totals = { runs: 0, crashRuns: 0, crashes: 0, steps: 0 };
  const failures = [];
  const onAnswer = (answer) => {
    for (const name of Object.keys(totals)) totals[name] += answer.figures[name];
    failures.push(...answer.failures);
    tellProgress(`${totals.runs} of ${seeds} runs, ${failures.length} failures`);
    return true;
  };
  await runSeeds({ file, from, to: from + seeds, jobs, onAnswer });
  const minutes = (performance.now() - begun) / 60_000;
  tellProgress("");
  failures.sort((a, b) => a.seed - b.seed);
  for (const { seed, violation } of failures.slice(0, mostTold)) {
    tellFailure(seed, violation, await withThread(file, (thread) => thread.ask({ ask: "shrink", seed })));
  }
  for (const { seed, violation } of failures.slice(mostTold))
    process.stdout.write(`seed ${seed} failed: ${violation.check}\n`);
  tellFigures({ ...totals, minutes, failures: failures.length });
  return failures.length === 0 ? 0 : 1;
}

const given = readOptions();
if (given.help) {
  process.stdout.write(help);
  process.exit(0);
}
const only = given.only?.split(",");
const unknown = only?.filter((one) => mutants.every(({ name }) => name !== one)) ?? [];
if (unknown.length > 0)
  refuse(`--only ${unknown.join()}: no such mutant; there are ${mutants.map(({ name }) => name).join()}`);
const jobs = readNumber("jobs", given.jobs, availableParallelism(), 1);
const from = readNumber("from", given.from, 1, 0);
const seeds = readNumber("seeds", given.seeds, given.mutants ? 6000 : 2000, 1);
const seed = readNumber("seed", given.seed, undefined, 0);
const plan = given.plan === undefined ? seed : JSON.parse(readFileSync(given.plan, "utf8"));
const folder = mkdtempSync(join(tmpdir(), "rustiq-simulation-"));
try {
  if (given.mutants) process.exitCode = await runMutants({ folder, from, seeds, jobs, only });
  else {
    const file = await bundle(folder);
    process.exitCode =
      plan === undefined ? await runMany(file, { from, seeds, jobs }) : await runOne(file, plan, given);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
