import { url as debuggerUrl } from "node:inspector";
import { Worker } from "node:worker_threads";

/** Bytes of a plugin's name that are told. */
const longestName = 256;

/**
 * Runs in a thread of its own. It counts its own turns and not the time: while the whole process is halted or the machine sleeps it
 * does not count either. What it says goes out by itself, for the main thread would have to turn to pass it on.
 */
const thread = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const { shared, stallMs, periodMs, isSilent } = workerData;
const [beats, name] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)];
let [seen, still, before] = [Atomics.load(beats, 0), 0, performance.now()];
const write = (line) => {
  for (let tries = 0; tries < 100; tries++) {
    try { return void writeSync(2, line); } catch (thrown) {
      if (thrown.code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
};
setInterval(() => {
  const now = performance.now();
  const passed = Math.min(now - before, 2 * periodMs);
  before = now;
  const found = Atomics.load(beats, 0);
  still = found === seen ? still + passed : 0;
  seen = found;
  if (still < stallMs) return;
  const plugin = Buffer.from(name.slice(0, Atomics.load(beats, 1))).toString("utf8");
  const who = plugin === "" ? "no plugin was entered" : "plugin " + plugin + " was entered last";
  const msg = "the device ends: its event loop has stood still for " + stallMs + " ms (limits.stall_ms); " + who;
  const hint = "Start it again; what it was doing is recovered. A plugin must not compute for that long at a stretch.";
  const line = { level: "error", time: new Date().toISOString(), ...(plugin === "" ? {} : { plugin }), hint, msg };
  if (!isSilent) write(JSON.stringify(line) + "\\n");
  process.kill(process.pid, "SIGKILL");
}, periodMs);`;

/** Ends the process when its event loop turns no more, which nothing inside of that loop can do. */
export interface Watchdog {
  /** Begins to watch. `onFailure` is told when it has to give up. */
  start(onFailure: (thrown: unknown) => void): void;
  /** The event loop turns. To be called several times within the limit. */
  beat(): void;
  /** Whose code runs from now on. */
  enter(name: string): void;
  stop(): Promise<void>;
}

/** `stallMs` is how long the loop may stand still; the line is left out where the log is silent. */
export function nodeWatchdog(stallMs: number, isSilent: boolean): Watchdog {
  const shared = new SharedArrayBuffer(8 + longestName);
  const beats = new Int32Array(shared, 0, 2);
  const name = new Uint8Array(shared, 8);
  const encoder = new TextEncoder();
  let worker: Worker | undefined;
  return {
    start: (onFailure) => {
      // Whoever debugs the device halts it for as long as he likes.
      if (worker !== undefined || debuggerUrl() !== undefined) return;
      const periodMs = Math.min(1000, stallMs / 4);
      worker = new Worker(thread, {
        eval: true,
        name: "rustiq-watchdog",
        workerData: { shared, stallMs, periodMs, isSilent },
        // Nothing of what this process was started with is for it.
        execArgv: [],
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
      });
      worker.unref();
      worker.once("error", onFailure);
    },
    beat: () => void Atomics.add(beats, 0, 1),
    enter: (entered) => {
      const { written } = encoder.encodeInto(entered, name);
      Atomics.store(beats, 1, written);
    },
    stop: async () => {
      const ended = worker;
      worker = undefined;
      await ended?.terminate();
    },
  };
}
