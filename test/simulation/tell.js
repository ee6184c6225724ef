// What the simulation prints.
import process from "node:process";

/** Steps before the failure that are shown. */
const lastLines = 30;

/** One line that is overwritten, on a terminal only. */
export function tellProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** A failed seed: what broke, the smallest plan that breaks it too, and that plan's last steps. */
export function tellFailure(seed, { check, message }, smallest) {
  const { plan, lines } = smallest;
  const shrunk = smallest.answer === "shrunk" ? ` (the smallest of ${smallest.runs} tried)` : "";
  const text = [
    `seed ${seed} failed: ${check}`,
    `  ${message}`,
    `  plan${shrunk}:`,
    JSON.stringify(plan),
    "  its last steps:",
    ...lines.slice(-lastLines),
    `  again: npm run simulate -- --seed ${seed} --trace`,
    "",
  ];
  process.stdout.write(`${text.join("\n")}\n`);
}

/** The line that a run ends with. */
export function tellFigures({ runs, crashRuns, crashes, steps, minutes, failures }) {
  const rate = Math.round(runs / minutes);
  process.stdout.write(
    `${runs} runs, ${crashRuns} crash runs, ${crashes} crashes, ${steps} steps, ${rate} runs per minute, ${failures} failures\n`,
  );
}
