import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Canonical } from "./canonical.ts";

/** What CPython read: null when the expression is not in the language. */
export type Answer = {
  readonly name: string;
  readonly args: readonly Canonical[];
  readonly kwargs: readonly (readonly [string, Canonical])[];
} | null;

const script = fileURLToPath(new URL("oracle.py", import.meta.url));

/** Whether a `python3` of version 3.11 is on this machine: the language is that version's. */
export function findPython(): boolean {
  const found = spawnSync("python3", ["-c", "import sys; print(sys.version_info[:2] == (3, 11))"], {
    encoding: "utf8",
  });
  return found.status === 0 && found.stdout.trim() === "True";
}

/** Asks one python process about all sources. */
export function askPython(sources: readonly string[]): readonly Answer[] {
  // Lone surrogates survive as JSON escapes.
  const input = sources.map((source) => `${JSON.stringify(source)}\n`).join("");
  const run = spawnSync("python3", [script], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`the oracle failed: ${run.stderr}`);
  return run.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
