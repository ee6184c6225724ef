import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { ProcessExit, Processes } from "../plugin/surroundings.ts";

/** Characters of one line of output that are passed on; the rest of the line is left out. */
export const longestLine = 4096;

/** Variables of the runtime's own environment that a program needs to run at all; never its credentials. */
const inherited = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SystemRoot"];

/** Passes whole lines on; a program that never ends its line cannot fill the memory. */
export function passLines(stream: Readable, output: (line: string) => void): void {
  let line = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const parts = text.split("\n");
    const open = parts.pop() ?? "";
    for (const part of parts) {
      output((line + part).slice(0, longestLine).replace(/\r$/, ""));
      line = "";
    }
    line = (line + open).slice(0, longestLine);
  });
  stream.on("end", () => {
    if (line !== "") output(line.replace(/\r$/, ""));
  });
  stream.on("error", () => undefined);
}

/**
 * Real child processes, each in a process group of its own, or in that of this process, which ends them with it. `environment` is what
 * `inherited` is taken from.
 */
export function nodeProcesses(
  environment: Readonly<Record<string, string | undefined>>,
  group: "own" | "shared" = "own",
): Processes {
  const base: Record<string, string> = {};
  for (const name of inherited) {
    const value = environment[name];
    if (value !== undefined) base[name] = value;
  }
  return {
    start: (command, options) =>
      new Promise((resolve, reject) => {
        const [program, ...args] = command;
        if (program === undefined) return reject(new Error("the command is empty"));
        const child = spawn(program, args, {
          cwd: options.folder,
          env: { ...base, ...options.environment },
          detached: group === "own",
          stdio: ["ignore", "pipe", "pipe"],
        });
        const exit = new Promise<ProcessExit>((done) => {
          child.once("exit", (code, signal) => done({ code, signal }));
        });
        for (const stream of [child.stdout, child.stderr]) passLines(stream, options.output);
        child.once("error", reject);
        child.once("spawn", () => {
          const pid = child.pid ?? 0;
          const kill = (signal: "SIGTERM" | "SIGKILL") => {
            try {
              process.kill(group === "own" ? -pid : pid, signal);
            } catch {
              // The group is gone already, which is what was asked for.
            }
          };
          resolve({ pid, exit, kill });
        });
      }),
  };
}
