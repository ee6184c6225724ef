import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../s3/network-dice.ts";
import type { Answer, Inside, Question, Task, Totals } from "./messages.ts";

/** Milliseconds until the process must have answered a sample, have begun, or have ended by itself. */
const promptMs = 60_000;
/** Milliseconds until what is under way must have ended once the network is good again. */
const restMs = 300_000;

/** The measured process, as its parent sees it. */
export class Measured {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #waiting: ((answer: Answer | undefined) => void)[] = [];
  #code: number | null | undefined;

  constructor(program: string, task: Task, environment: NodeJS.ProcessEnv) {
    this.#log = join(task.folder, "log");
    const log = openSync(this.#log, "w");
    this.#child = fork(program, [JSON.stringify(task)], {
      execArgv: ["--expose-gc"],
      cwd: task.folder,
      env: environment,
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    this.#child.on("message", (answer: Answer) => this.#waiting.shift()?.(answer));
    this.#child.once("exit", (code) => {
      this.#code = code;
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#code !== undefined;
  }

  /** The end of what it said. */
  log(): string {
    return readFileSync(this.#log, "utf8").slice(-4000);
  }

  async awaitReady(): Promise<void> {
    await this.#receive(promptMs, "begin");
  }

  async sample(): Promise<Inside> {
    const answer = await this.#ask("sample", promptMs);
    if (answer.type !== "sample") throw new Error(`the measured process answered ${answer.type} to sample`);
    return answer.inside;
  }

  /** Resolves when no operation is under way any more. */
  async rest(): Promise<Totals> {
    const answer = await this.#ask("rest", restMs);
    if (answer.type !== "rest") throw new Error(`the measured process answered ${answer.type} to rest`);
    return answer.totals;
  }

  /** Stops the device; whether the process has then ended by itself, with 0. */
  async stop(): Promise<boolean> {
    await this.#ask("stop", promptMs);
    for (let waited = 0; !this.hasEnded && waited < promptMs; waited += 100) await pause(100);
    return this.#code === 0;
  }

  kill(): void {
    if (!this.hasEnded) this.#child.kill("SIGKILL");
  }

  #ask(question: Question, ms: number): Promise<Answer> {
    if (!this.hasEnded) this.#child.send(question);
    return this.#receive(ms, question);
  }

  async #receive(ms: number, what: string): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<Answer | undefined | "late">((resolve) => {
      if (this.hasEnded) return resolve(undefined);
      timer = setTimeout(() => resolve("late"), ms);
      this.#waiting.push(resolve);
    });
    clearTimeout(timer);
    if (answer === "late") throw new Error(`the measured process did not ${what} within ${ms} ms\n${this.log()}`);
    if (answer === undefined) throw new Error(`the measured process ended with ${this.#code}\n${this.log()}`);
    return answer;
  }
}
