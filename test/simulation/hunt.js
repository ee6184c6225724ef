// Whether the simulation sees what it is for: the core is broken in one place at a time, and each time some seed must fail.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { bundle } from "./bundle.js";
import { withThread } from "./crew.js";
import { mutants } from "./mutants.js";

/** Seeds of one request; most mutants do not live longer. */
const share = 10;

async function bundleInto(folder, name, mutant) {
  const own = join(folder, name);
  mkdirSync(own);
  return bundle(own, mutant);
}

/** The first seed that fails with the mutant and not without it. */
async function findKiller(file, sound, { from, seeds }) {
  return withThread(file, async (thread) => {
    for (let first = from; first < from + seeds; first += share) {
      const to = Math.min(from + seeds, first + share);
      const { failures } = await thread.ask({ ask: "run", from: first, to });
      for (const { seed, violation } of failures) {
        const without = await sound.ask({ ask: "run", from: seed, to: seed + 1 });
        if (without.failures.length === 0) return { seed, violation };
      }
    }
    return undefined;
  });
}

/** Hunts every mutant and prints a line for each. Answers 1 when one survives, else 0. */
export async function runMutants({ folder, from, seeds, jobs }) {
  const waiting = [...mutants];
  let survivors = 0;
  const soundFile = await bundleInto(folder, "sound");
  const hunt = () =>
    withThread(soundFile, async (sound) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const killer = await findKiller(await bundleInto(folder, mutant.name, mutant), sound, { from, seeds });
        if (killer === undefined) survivors += 1;
        const end = killer === undefined ? `SURVIVED ${seeds} seeds` : `seed ${killer.seed}: ${killer.violation.check}`;
        process.stdout.write(`${mutant.name.padEnd(28)} ${end.padEnd(28)} ${mutant.about}\n`);
      }
    });
  await Promise.all(Array.from({ length: jobs }, hunt));
  process.stdout.write(`${mutants.length} mutants, ${mutants.length - survivors} seen, ${survivors} survived\n`);
  return survivors === 0 ? 0 : 1;
}
