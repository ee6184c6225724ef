import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Canonical } from "./canonical.ts";

/** What CPython read: null when the expression is not in the language. */
export type Answer = {
  readonly name: string;
  readonly args: readonly Canonical[];
  readonly kwargs: readonly (readonly [string, Canonical])[];
} | null;

/** A call of the standard library: its text, the file and line it stands in, and what CPython reads. */
export interface LibraryCall {
  readonly source: string;
  readonly place: string;
  readonly answer: Answer;
}

/** What was looked at: files, those among them that Python itself cannot read, and calls of any kind. */
export interface LibraryCounts {
  readonly files: number;
  readonly unreadable: number;
  readonly calls: number;
}

const pathOf = (script: string) => fileURLToPath(new URL(script, import.meta.url));

/** Whether a `python3` of version 3.11 is on this machine: the language is that version's. */
export function findPython(): boolean {
  const found = spawnSync("python3", ["-c", "import sys; print(sys.version_info[:2] == (3, 11))"], {
    encoding: "utf8",
  });
  return found.status === 0 && found.stdout.trim() === "True";
}

const mode = (calls: boolean) => (calls ? ["calls"] : []);

/** Asks one python process about all sources. With `calls`, calls are values among the arguments. */
export function askPython(sources: readonly string[], calls = false): readonly Answer[] {
  // Lone surrogates survive as JSON escapes.
  const input = sources.map((source) => `${JSON.stringify(source)}\n`).join("");
  const run = spawnSync("python3", [pathOf("oracle.py"), ...mode(calls)], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`the oracle failed: ${run.stderr}`);
  return run.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

/**
 * The calls in every `nth` file of the standard library, as one python process finds them: all calls of the language, and
 * one in `stride` of the others. Returns what was looked at.
 */
export async function* readLibrary(
  nth: number,
  stride: number,
  calls = false,
): AsyncGenerator<LibraryCall, LibraryCounts> {
  const python = spawn("python3", [pathOf("library.py"), String(nth), String(stride), ...mode(calls)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    for await (const line of createInterface({ input: python.stdout })) {
      const found = JSON.parse(line) as LibraryCall | LibraryCounts;
      if ("files" in found) return found;
      yield found;
    }
  } finally {
    python.kill();
  }
  throw new Error("the oracle ended before it had looked at the whole library");
}
