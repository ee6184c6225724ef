import { defaultLimits, makeCase } from "../../grammar/index.ts";
import { exitCodes, usageFault } from "./failure.ts";
import { readInput } from "./input.ts";
import type { Terminal } from "./terminal.ts";

/** `rustiq grammar case`: the line of a suite that says what the parser makes of an expression. A refusal is an answer too. */
export async function printCase(given: string, terminal: Terminal): Promise<number> {
  const source = given === "-" ? decode(await readInput("-", 2 * defaultLimits.bytes, terminal)) : given;
  terminal.print(JSON.stringify(makeCase(source)));
  return exitCodes.done;
}

/** As it is, but for a file's last line end: a case is exact. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch {
    throw usageFault("standard input is not UTF-8", "Save the expression as UTF-8.");
  }
}
