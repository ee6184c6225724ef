import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { reasonOf } from "../errors.ts";
import type { Json } from "../plugin/surroundings.ts";
import { nodeClock, withinLimit } from "./clock.ts";
import { builtEntry } from "./modules.ts";

/** Milliseconds in which a process has to answer. */
const answerLimitMs = 60_000;
/** Characters of what a process said before it died that are told. */
const lastWords = 2_000;

/** Another process of this runtime, which does one task after another. */
export interface Racer {
  /** Sends a task and answers what the process says to it. Throws what it failed with, or that it died or hangs. */
  ask(task: Json): Promise<Json>;
}

/** Starts processes, lets `work` use them and ends them. The product must be built: they run its `racer.js`. */
export async function withRacers<T>(count: number, work: (racers: readonly Racer[]) => Promise<T>): Promise<T> {
  const file = fileURLToPath(builtEntry("racer.js"));
  const children = Array.from({ length: count }, () => spawn(process.execPath, [file], { stdio: "pipe" }));
  try {
    return await work(children.map(hold));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

function hold(child: ChildProcess & { readonly stdin: NodeJS.WritableStream }): Racer {
  const answers: ((answer: Json) => void)[] = [];
  let said = "";
  let failure: Error | undefined;
  const settle = (answer: Json) => answers.shift()?.(answer);
  const end = (reason: string) => {
    failure = new Error(`a process of the race ended: ${reason}${said === "" ? "" : `: ${said.trim()}`}`);
    while (answers.length > 0) settle({ error: failure.message });
  };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-lastWords);
  });
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (line) => settle(JSON.parse(line)));
  child.once("error", (thrown) => end(reasonOf(thrown)));
  child.once("close", (code, signal) => end(`code ${code ?? signal}`));
  // What it could not be told is answered by its end.
  child.stdin.on("error", () => undefined);
  const ask = async (task: Json): Promise<Json> => {
    if (failure !== undefined) throw failure;
    const answered = new Promise<Json>((resolve) => answers.push(resolve));
    // Its options may hold secrets: through a pipe, and not on a command line that everybody sees.
    child.stdin.write(`${JSON.stringify(task)}\n`);
    const answer = await answered;
    if (typeof answer === "object" && answer !== null && !Array.isArray(answer) && "error" in answer) {
      throw new Error(String(answer["error"]));
    }
    return answer;
  };
  const onLimit = () => new Error(`a process of the race did not answer within ${answerLimitMs} ms`);
  return { ask: (task) => withinLimit(nodeClock(), answerLimitMs, undefined, onLimit, () => ask(task)) };
}
