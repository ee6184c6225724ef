// One contender's process, from its start to its exit: seconds, processor time, and the most memory that it and its children held.
import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds between two looks at a process. What it takes more in the last of them is not seen. */
const lookMs = 20;
/** What the kernel counts processor time in: 100 a second on Linux. */
const tickSeconds = 0.01;

/** Nothing for a process that is gone. */
function readProcess(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function childrenOf(pid) {
  let threads = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
  }
  const own = threads.flatMap((thread) => readProcess(`/proc/${pid}/task/${thread}/children`).trim().split(" "));
  return own.filter((text) => text !== "").map(Number);
}

function treeOf(pid) {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** The high-water mark of resident memory in MiB (VmHWM: it begins anew with each program that a process becomes). */
function peakOf(pid) {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readProcess(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

/** Seconds of processor time, its own and of children that it has waited for. */
function processorOf(pid) {
  const fields = readProcess(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return Number.isNaN(ticks) ? 0 : ticks * tickSeconds;
}

/** Looks at a tree of processes again and again. Processes that live at the same time count together. */
function watchTree(pid) {
  const watched = { peakMiB: 0, cpuSeconds: 0 };
  const look = () => {
    const tree = treeOf(pid);
    watched.peakMiB = Math.max(
      watched.peakMiB,
      tree.reduce((sum, one) => sum + peakOf(one), 0),
    );
    watched.cpuSeconds = Math.max(
      watched.cpuSeconds,
      tree.reduce((sum, one) => sum + processorOf(one), 0),
    );
  };
  const timer = setInterval(look, lookMs);
  return {
    stop: () => {
      clearInterval(timer);
      return watched;
    },
  };
}

/**
 * Runs `{ program, args, env, cwd }` with its output in files below `folder`. Answers `{ code, seconds, peakMiB, cpuSeconds, out,
 * complaint }`. When `signal` aborts, the process and its children are killed and it throws.
 */
export function measure({ program, args, env, cwd }, folder, signal) {
  signal.throwIfAborted();
  const [out, err] = [join(folder, "out"), join(folder, "err")];
  const files = [openSync(out, "w"), openSync(err, "w")];
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    // A group of its own, so that its children can be ended with it.
    const child = spawn(program, args, { cwd: cwd ?? folder, env, stdio: ["ignore", ...files], detached: true });
    for (const file of files) closeSync(file);
    const kill = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    signal.addEventListener("abort", kill, { once: true });
    child.once("error", reject);
    child.once("spawn", () => {
      const watch = watchTree(child.pid);
      child.once("exit", (code) => {
        const seconds = (performance.now() - begun) / 1000;
        const watched = watch.stop();
        signal.removeEventListener("abort", kill);
        if (signal.aborted) return reject(signal.reason);
        const complaint = readFileSync(err, "utf8").trim().split("\n").at(-1) ?? "";
        resolve({ code, seconds, ...watched, out, complaint });
      });
    });
  });
}
