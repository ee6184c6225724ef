// All turns of all rows: round by round, each round begun by another contender, so that a busy moment meets them alike.
import { execFileSync } from "node:child_process";
import { measure } from "./measure.js";

/** One contender's one round of a row; answers figures, or `{ failed }`. */
async function takeTurn(contender, row, turn, surroundings) {
  const { environment, folder, data, signal } = surroundings;
  const job = await row.job({ ...turn, name: contender.name });
  const command = () => {
    const { program, args, env } = contender.rows[turn.row](job);
    return { program, args, env: { ...environment, ...env } };
  };
  try {
    if (row.isPrepared === true && turn.round === 1) await measure(command(), folder, signal);
    const before = row.look?.(job);
    const ran = await measure(command(), folder, signal);
    if (ran.code !== 0) return { failed: `it ended with ${ran.code}: ${ran.complaint.slice(0, 300)}` };
    const failed = await row.check(job, data, { ...ran, ...turn, before });
    if (failed !== undefined) return { failed };
    const { peakMiB, cpuSeconds } = ran;
    return { seconds: row.seconds?.(ran) ?? ran.seconds, peakMiB, cpuSeconds };
  } finally {
    await row.clear(job);
  }
}

/** A Map from row to a Map from contender to its turns. `tell` hears what is under way. */
export async function takeTurns(contenders, rows, options, surroundings, tell) {
  const results = new Map();
  for (const name of options.rows) {
    const taking = contenders.filter((one) => one.rows !== undefined && Object.hasOwn(one.rows, name));
    const turns = new Map(taking.map((one) => [one, []]));
    for (let round = 1; round <= options.rounds; round++) {
      const first = (round - 1) % taking.length;
      for (const contender of [...taking.slice(first), ...taking.slice(0, first)]) {
        // One that cannot do it is not asked again.
        if (turns.get(contender).some(({ failed }) => failed !== undefined)) continue;
        tell(`${rows[name].title}: ${contender.name}, round ${round} of ${options.rounds}`);
        // What the one before has left in the page cache is not to be written in the time of this one.
        execFileSync("sync");
        turns.get(contender).push(await takeTurn(contender, rows[name], { row: name, round }, surroundings));
      }
    }
    results.set(name, turns);
  }
  return results;
}
