// The workers of a simulation: one thread a core, each with the bundle and its own share of the seeds.
import { Worker } from "node:worker_threads";

/** A thread that answers one request at a time. */
class Thread {
  #worker;
  #pending;

  constructor(file) {
    // What one run leaves behind is gone with the next: a larger nursery has less to move.
    this.#worker = new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: 128 } });
    this.#worker.on("message", (answer) => this.#settle("resolve", answer));
    this.#worker.on("error", (thrown) => this.#settle("reject", thrown));
    this.#worker.on("exit", (code) => this.#settle("reject", new Error(`a worker ended with code ${code}`)));
  }

  ask(request) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#worker.postMessage(request);
    });
  }

  async end() {
    this.#pending = undefined;
    await this.#worker.terminate();
  }

  #settle(how, value) {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.[how](value);
  }
}

/** Starts a thread for `work` and ends it whatever happens. */
export async function withThread(file, work) {
  const thread = new Thread(file);
  try {
    return await work(thread);
  } finally {
    await thread.end();
  }
}

/** Seeds of one request: few enough that no core waits long for the other at the end. */
const share = 25;

/**
 * Runs the seeds `from` to `to` (exclusive) on `jobs` threads. `onAnswer` is told of each share; answering false ends the whole run
 * early.
 */
export async function runSeeds({ file, from, to, jobs, onAnswer }) {
  let next = from;
  let goesOn = true;
  const serve = () =>
    withThread(file, async (thread) => {
      while (goesOn && next < to) {
        const first = next;
        next = Math.min(to, first + share);
        goesOn = onAnswer(await thread.ask({ ask: "run", from: first, to: next })) && goesOn;
      }
    });
  await Promise.all(Array.from({ length: jobs }, serve));
}
