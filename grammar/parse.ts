import { type Grammar, makeRecipe } from "ohm-js";
import recipe from "./call.ohm";
import { diagnose } from "./diagnosis/diagnose.ts";
import { ParseFault } from "./fault.ts";
import type { Invocation } from "./literal.ts";
import { addReading, type Call } from "./read.ts";
import { checkLimits, type Limits } from "./scan.ts";
import { understandCall } from "./service.ts";

declare module "ohm-js" {
  /** Exported by ohm since 15 and missing from its types. */
  export function makeRecipe(recipe: readonly unknown[]): Grammar;
}

interface Language {
  readonly grammar: Grammar;
  readonly read: ReturnType<typeof addReading>;
}

// Made on the first parse: a program that only imports the grammar pays nothing.
let made: Language | undefined;

function language(): Language {
  if (made === undefined) {
    const grammar = makeRecipe(recipe);
    made = { grammar, read: addReading(grammar.createSemantics()) };
  }
  return made;
}

/**
 * Reads one command expression: a call with Python literals for arguments.
 * Throws a ParseFault and nothing else, whatever the source is; time and memory are linear in its length.
 */
export function parse(source: string, limits: Partial<Limits> = {}): Invocation {
  if (typeof source !== "string")
    throw new ParseFault("not-text", "the expression is not a text", { start: 0, end: 0 });
  checkLimits(source, limits);
  return understandCall(source, match(source));
}

function match(source: string): Call {
  const { grammar, read } = language();
  const result = grammar.match(source);
  if (!result.failed()) return read(result);
  const fault = diagnose(source);
  if (fault !== null) throw fault;
  // Ohm decides; when the diagnosis sees nothing wrong, say no more than ohm does.
  const start = result.getRightmostFailurePosition();
  const span = { start, end: Math.min(start + 1, source.length) };
  throw new ParseFault("unexpected", "this does not fit the language", span, { expected: [result.getExpectedText()] });
}
