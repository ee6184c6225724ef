import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nodeClock } from "../../core/ports/clock.ts";

const program = fileURLToPath(new URL("finisher.mjs", import.meta.url));
/** Milliseconds that the work in one folder gets. */
const limitMs = 30_000;

/** A process that does what is left to do in one device's folder after the other, as `run --once` would. */
export class Finisher {
  readonly #child: ChildProcess;
  #stderr = "";

  constructor() {
    this.#child = fork(program, { stdio: ["ignore", "ignore", "pipe", "ipc"], env: { PATH: process.env["PATH"] } });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
  }

  /** Answers what was left undone, in words. */
  finish(folder: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const end = (settle: () => void) => {
        cancel();
        child.off("message", answer).off("exit", fail);
        settle();
      };
      const fail = () => end(() => reject(new Error(`the finisher has ended or hangs in ${folder}:\n${this.#stderr}`)));
      const answer = (left: unknown) => end(() => resolve(left as readonly string[]));
      const cancel = nodeClock().after(limitMs, fail);
      child.on("message", answer).on("exit", fail);
      child.send(folder);
    });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}
