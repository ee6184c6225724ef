import { type Grammar, makeRecipe } from "ohm-js";
import recipe from "./call.ohm";
import { diagnose } from "./diagnosis/diagnose.ts";
import { ParseFault } from "./fault.ts";
import type { Invocation } from "./literal.ts";
import { matchQuickly } from "./quick/match.ts";
import { Reading } from "./read.ts";
import { checkLimits, type Limits } from "./scan.ts";
import { type Call, understandCall } from "./service.ts";
import { Tree } from "./tree.ts";

// Made on the first parse: a program that only imports the grammar pays nothing.
let made: Grammar | undefined;

/** What an expression may cost, and whether it may hold calls. */
export interface ParseOptions extends Partial<Limits> {
  /** Lets calls stand among the arguments: whoever asks for it decides which parameter may take one. Default false. */
  readonly calls?: boolean;
}

/**
 * Reads one command expression: a call with Python literals for arguments.
 * Throws a ParseFault and nothing else, whatever the source is; time and memory are linear in its length.
 */
export function parse(source: string, options: ParseOptions = {}): Invocation {
  if (typeof source !== "string")
    throw new ParseFault("not-text", "the expression is not a text", { start: 0, end: 0 });
  checkLimits(source, options);
  return understandCall(source, match(source, options.calls === true));
}

function match(source: string, takesCalls: boolean): Call {
  made ??= matchQuickly(makeRecipe(recipe), "call");
  const result = made.match(source);
  if (result.succeeded()) {
    const reading = new Reading(takesCalls);
    const call = reading.readCall(Tree.of(result));
    if (takesCalls || reading.nested === undefined) return call;
  }
  const fault = diagnose(source, takesCalls);
  if (fault !== null) throw fault;
  // Ohm decides; when the diagnosis sees nothing wrong, say no more than ohm does.
  const start = Math.max(0, result.failed() ? result.getRightmostFailurePosition() : 0);
  const span = { start, end: Math.min(start + 1, source.length) };
  throw new ParseFault("unexpected", "this does not fit the language", span);
}
