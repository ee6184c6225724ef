// Whether the proof sees what it is for: the core is broken in one place at a time, and each time something must fail.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.js";
import { withThread } from "./crew.js";
import { mutants } from "./mutants.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Seeds of one request; most mutants do not live longer. */
const share = 10;
/** Milliseconds that one test file may take. */
const longestTestMs = 120_000;

async function bundleInto(folder, name, mutant) {
  const own = join(folder, name);
  mkdirSync(own);
  return bundle(own, mutant);
}

/** The first seed that fails with the mutant and not without it. */
async function findSeed(file, sound, { from, seeds }) {
  return withThread(file, async (thread) => {
    for (let first = from; first < from + seeds; first += share) {
      const to = Math.min(from + seeds, first + share);
      const { failures } = await thread.ask({ ask: "run", from: first, to });
      for (const { seed, violation } of failures) {
        const without = await sound.ask({ ask: "run", from: seed, to: seed + 1 });
        if (without.failures.length === 0) return `seed ${seed}: ${violation.check}`;
      }
    }
    return undefined;
  });
}

/** The first test of one file that fails with the mutant; without it all of them pass in `npm test`. */
async function findTest({ name, test }) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const given = [vitest, "run", "--config", ".config/vitest.mutant.config.ts", "--reporter", "json", test];
  const env = { ...process.env, RUSTIQ_MUTANT: name };
  const options = { cwd: root, env, timeout: longestTestMs, maxBuffer: 64 * 1024 * 1024 };
  const told = await new Promise((resolve) => {
    execFile(process.execPath, given, options, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
  try {
    const { testResults } = JSON.parse(told.stdout.slice(told.stdout.indexOf("{")));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    if (tests.length === 0) throw new Error(testResults[0]?.message);
    const failed = tests.find(({ status }) => status === "failed");
    return failed === undefined ? undefined : `${test}: ${failed.fullName}`;
  } catch (thrown) {
    // A test that cannot be run has seen nothing.
    throw new Error(`mutant ${name}: ${test} gave no results: ${thrown.message}\n${told.stderr}`);
  }
}

/** Hunts every mutant and prints a line for each. Answers 1 when one survives, else 0. */
export async function runMutants({ folder, from, seeds, jobs, only }) {
  const chosen = mutants.filter(({ name }) => only === undefined || only.includes(name));
  const waiting = [...chosen];
  let survivors = 0;
  const soundFile = await bundleInto(folder, "sound");
  const hunt = () =>
    withThread(soundFile, async (sound) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const killer =
          mutant.test === undefined
            ? await findSeed(await bundleInto(folder, mutant.name, mutant), sound, { from, seeds })
            : await findTest(mutant);
        if (killer === undefined) survivors += 1;
        const end = killer ?? `SURVIVED ${mutant.test ?? `${seeds} seeds`}`;
        process.stdout.write(`${mutant.name.padEnd(22)} ${mutant.about}\n${" ".repeat(23)}${end}\n`);
      }
    });
  await Promise.all(Array.from({ length: jobs }, hunt));
  process.stdout.write(`${chosen.length} mutants, ${chosen.length - survivors} seen, ${survivors} survived\n`);
  return survivors === 0 ? 0 : 1;
}
