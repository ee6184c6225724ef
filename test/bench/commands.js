// Commands per second through the whole path on folders, against parsing the same expressions.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "../../dist/grammar.js";
import { makeFolder, median, put, startDevice, wait } from "./device.js";

const commands = 1000;
const rounds = 5;

function parseAll(expressions) {
  const begun = performance.now();
  for (const expression of expressions) parse(expression);
  return performance.now() - begun;
}

/** Rows of `{ what, value, against, aim }`. */
export async function benchCommands() {
  const { folder, remove } = makeFolder({ log: { level: "silent" } });
  const expressions = Array.from({ length: commands }, () => "get_app_status()");
  const document = (id) => JSON.stringify({ id, commands: expressions.map((command) => ({ command })) });
  try {
    const device = await startDevice(folder);
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const result = join(folder, `data/status/apps/results/round-${round}.json`);
      put(folder, "data/incoming/apps/commands.json", document(`round-${round}`));
      const begun = performance.now();
      while (!existsSync(result)) await wait(1);
      times.push(performance.now() - begun);
      const report = JSON.parse(readFileSync(result, "utf8"));
      if (report.commands.length !== commands || report.commands.some(({ status }) => status !== "ok")) {
        throw new Error("a command of the bench did not end well");
      }
    }
    await device.stop();
    parseAll(expressions);
    const bare = median(Array.from({ length: rounds }, () => parseAll(expressions)));
    const ms = median(times);
    return [
      {
        what: `${commands} read commands, document to report, folders`,
        value: `${Math.round((commands / ms) * 1000)} commands/s`,
        against: `${(ms / bare).toFixed(1)} x parsing them alone (${ms.toFixed(0)} ms, of them 100 ms until the folder is quiet)`,
        aim: "",
      },
    ];
  } finally {
    remove();
  }
}
