import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Place } from "./place.ts";
import { awaitEnd, type Ended, type Life, pause, startProgram } from "./program.ts";
import { changingCalls, readTrace, type TracedCall } from "./trace.ts";

const tracer = "strace";

/** Milliseconds that a traced program gets for its work, and for its end. */
const limitMs = 20_000;

/**
 * One thread makes the file system calls, so that their order and count are the same every time. strace counts each call for each
 * thread; the opens at the beginning put this thread's count of openat past that of every other, which a `when=` would strike too.
 */
const manyOpens = `
import { open } from "node:fs/promises";
for (let count = 0; count < 100; count++) await (await open("/dev/null")).close();
`;
const environment = {
  UV_THREADPOOL_SIZE: "1",
  NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(manyOpens).toString("base64")}`,
};

/** The version line of strace. Throws when it is not installed. */
export function findStrace(): string {
  try {
    return execFileSync(tracer, ["-V"], { encoding: "utf8" }).split("\n")[0] ?? "";
  } catch {
    throw new Error("the sweep needs strace (Debian: apt-get install strace); SWEEP=skip leaves it out");
  }
}

/** One fault, at the call that this thread makes for the `count`th time. */
export interface Injection {
  readonly call: string;
  readonly count: number;
  /** "kill": SIGKILL in the place of the call; else the call is not made and answers this error. */
  readonly fault: "kill" | "EIO" | "ENOSPC";
}

/** What strace writes of a device. */
export function traceFile(place: Place): string {
  return join(place.folder, "..", `${place.name}.trace`);
}

/** What is run under strace. */
export interface TracedRun {
  readonly args: readonly string[];
  readonly injection?: Injection | undefined;
  /** A program that stays is stopped by SIGTERM when this holds. */
  readonly isDone?: () => boolean;
}

/** Runs the program under strace, with one fault or none. */
export async function runTraced(
  place: Place,
  { args, injection, isDone }: TracedRun,
): Promise<{ readonly ended: Ended; readonly calls: readonly TracedCall[] }> {
  const file = traceFile(place);
  // -s: the paths, but nothing of what is written.
  const under = [
    tracer,
    "-f",
    "-y",
    "-qq",
    "-s",
    "0",
    "-o",
    file,
    `--trace=${injection?.call ?? changingCalls.join(",")}`,
  ];
  // With a filter in the kernel only the traced calls cost time; but strace cannot send its signal from there.
  if (injection?.fault !== "kill") under.push("--seccomp-bpf");
  if (injection !== undefined) {
    const fault = injection.fault === "kill" ? "signal=SIGKILL" : `error=${injection.fault}`;
    under.push(`--inject=${injection.call}:${fault}:when=${injection.count}`);
  }
  const life = startProgram(place.folder, args, { under, environment });
  const isStuck = isDone !== undefined && (await stopWhenDone(life, isDone)) === "late";
  const ended = await awaitEnd(life, limitMs);
  return { ended: { ...ended, isLate: ended.isLate || isStuck }, calls: readTrace(file) };
}

async function stopWhenDone(life: Life, isDone: () => boolean): Promise<"done" | "late"> {
  const over = new AbortController();
  void life.ended.finally(() => over.abort()).catch(() => undefined);
  const end = Date.now() + limitMs;
  while (!over.signal.aborted && !isDone() && Date.now() < end) await pause(20, over.signal);
  const isLate = !over.signal.aborted && !isDone();
  life.kill("SIGTERM");
  return isLate ? "late" : "done";
}
