import { makeCase } from "../../grammar/index.ts";
import { exitCodes } from "./failure.ts";
import type { GrammarCaseOptions } from "./groups/grammar.ts";
import { readExpression } from "./input.ts";
import type { Terminal } from "./terminal.ts";

/** `rustiq grammar case`: the line of a suite that says what the parser makes of an expression. A refusal is an answer too. */
export async function printCase(given: string, options: GrammarCaseOptions, terminal: Terminal): Promise<number> {
  const source = await readExpression(given, terminal);
  terminal.print(JSON.stringify(makeCase(source, options.calls === true ? { calls: true } : {})));
  return exitCodes.done;
}
