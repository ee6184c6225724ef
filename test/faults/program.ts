import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nodeClock, settleOrAbort } from "../../core/ports/clock.ts";
import { hasErrno } from "../../core/ports/files.ts";

/** The built command line: what users start, and what is killed here. */
const program = fileURLToPath(new URL("../../dist/rustiq.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It did not end within the limit, and was killed. */
  readonly isLate: boolean;
}

/** One process of the built program. */
export interface Life {
  readonly pid: number;
  readonly ended: Promise<Omit<Ended, "isLate">>;
  /** Resolves to true at the `ready` line, to false when the process ends without it. */
  readonly ready: Promise<boolean>;
  kill(signal: "SIGKILL" | "SIGTERM"): void;
}

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What the program runs under, with its arguments: `["strace", "-f"]`. */
  readonly under?: readonly string[];
}

/** Starts `rustiq` with these arguments in a folder. */
export function startProgram(folder: string, args: readonly string[], options: ProgramOptions = {}): Life {
  if (!existsSync(program)) throw new Error("dist/ is missing: run `npm run build:code` first");
  const [command = "", ...rest] = [...(options.under ?? []), process.execPath, program, ...args];
  const child = spawn(command, rest, {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: a signal has to reach the program below what it runs under.
    detached: true,
  });
  let [stdout, stderr] = ["", ""];
  let tellReady: (isReady: boolean) => void = () => undefined;
  const ready = new Promise<boolean>((resolve) => {
    tellReady = resolve;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (stdout.includes("ready device=")) tellReady(true);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Omit<Ended, "isLate">>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      tellReady(false);
      resolve({ code, signal, stdout, stderr });
    });
  });
  const kill = (signal: "SIGKILL" | "SIGTERM") => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch (thrown) {
      // It has ended by itself.
      if (!hasErrno(thrown, "ESRCH")) throw thrown;
    }
  };
  return { pid: child.pid ?? 0, ended, ready, kill };
}

/** The process's end; one that is not there within `limitMs` is made by SIGKILL. */
export async function awaitEnd(life: Life, limitMs: number): Promise<Ended> {
  let isLate = false;
  const cancel = nodeClock().after(limitMs, () => {
    isLate = true;
    life.kill("SIGKILL");
  });
  const ended = await life.ended.finally(cancel);
  return { ...ended, isLate };
}

/** Takes what is pending, as an operator would who waits for it; a device that waits for nothing does not get long. */
export const onceArgs: readonly string[] = ["run", "--once", "--deliver-within", "10"];

/** Runs `rustiq run --once` to its end. */
export function runOnce(place: { readonly folder: string }, options?: ProgramOptions): Promise<Ended> {
  return awaitEnd(startProgram(place.folder, onceArgs, options), 30_000);
}

/** How a process ended, in words. */
export function describeEnd({ code, isLate, signal, stderr }: Ended): string {
  return `${isLate ? "did not end" : `ended with ${signal ?? code}`}\n${stderr}`.trim();
}

/** Waits; ends early when the signal aborts. Never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await settleOrAbort(nodeClock().sleep(ms, signal), signal).catch(() => undefined);
}
