import { canonicalFloat } from "../../grammar/canonical.ts";
import { format, type Invocation, ParseFault, parse, render } from "../../grammar/index.ts";
import { exitCodes } from "./failure.ts";
import type { ParseOptions } from "./groups/document.ts";
import { readExpression } from "./input.ts";
import type { Terminal } from "./terminal.ts";
import { showTree } from "./tree.ts";

/** `rustiq parse`. Exit 1 when the expression is refused. */
export async function parseExpression(given: string, options: ParseOptions, terminal: Terminal): Promise<number> {
  const source = await readExpression(given, terminal);
  let invocation: Invocation;
  try {
    // As a device reads it: whether a parameter takes a call, only its service knows.
    invocation = parse(source, { calls: true });
  } catch (thrown) {
    if (!(thrown instanceof ParseFault)) throw thrown;
    const { code, message, span, expected, hint } = thrown;
    if (options.json === true) terminal.printJson({ error: { code, message, span, expected, hint } });
    else
      terminal.tell(`${terminal.paintMessage("red", `error[${code}]`)}: ${render(source, thrown, terminal.columns)}`);
    return exitCodes.failed;
  }
  if (options.json === true) terminal.printJson(spell(invocation));
  else terminal.print(`${format(invocation)}\n${showTree(invocation)}`);
  return exitCodes.done;
}

/** The tree as JSON can hold it: integers of any size as text, bytes as base64, floats that JSON has not as Python prints them. */
function spell(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") {
    const isHeld = Number.isFinite(value) && !Object.is(value, -0);
    return isHeld ? value : canonicalFloat(value);
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(spell);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, spell(inner)]));
}
