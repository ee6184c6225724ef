import type { ParseFault } from "../fault.ts";
import { diagnoseArguments } from "./arguments.ts";
import { type Cursor, isMark, startsCall, tokenAt } from "./cursor.ts";
import { explainAfterValue, explainBadName, refuse } from "./mistake.ts";
import { type Token, tokenize } from "./token.ts";

/**
 * Finds the mistake in a source that the grammar has refused. It reads more than the language, from left to right and
 * without recursion, and stops at the first thing the language does not have. Null means that it saw none.
 */
export function diagnose(source: string, takesCalls = false): ParseFault | null {
  const cursor: Cursor = { source, tokens: tokenize(source), takesCalls, index: 0 };
  skipLines(cursor);
  return diagnoseName(cursor) ?? diagnoseArguments(cursor) ?? diagnoseRest(cursor);
}

function skipLines(cursor: Cursor): void {
  while (tokenAt(cursor, cursor.index).kind === "line") cursor.index += 1;
}

const callShape = "a command is written name(...)";

function diagnoseName(cursor: Cursor): ParseFault | null {
  const first = tokenAt(cursor, cursor.index);
  if (first.kind === "end") return refuse("empty", "there is no expression", first, callShape, ["a command name"]);
  for (let token = first; ; token = tokenAt(cursor, cursor.index)) {
    if (token.fault !== undefined) return token.fault;
    if (token.kind !== "name") return explainNoName(token, token === first);
    const bad = explainBadName(token, "a command name");
    if (bad !== null) return bad;
    const next = tokenAt(cursor, cursor.index + 1);
    if (!isMark(next, ".")) {
      cursor.index += 1;
      return startsCall(next) ? null : explainNoCall(cursor, first, token, next);
    }
    cursor.index += 2;
  }
}

function explainNoName(token: Token, atStart: boolean): ParseFault {
  if (!atStart) return refuse("not-a-call", "a name must follow the dot", token, callShape, ["a name"]);
  const hint = startsCall(token) ? "write the command without parentheses around it" : callShape;
  return refuse("not-a-call", "an expression begins with the name of a command", token, hint, ["a command name"]);
}

function explainNoCall(cursor: Cursor, first: Token, last: Token, next: Token): ParseFault {
  const name = cursor.source.slice(first.start, last.end);
  if (next.fault !== undefined && next.fault.code !== "unclosed-quote") return next.fault;
  if (isMark(next, "="))
    return refuse("assignment", "a result cannot be assigned", next, "write only the call", ["`(`"]);
  if (next.kind === "open" && next.text === "[")
    return refuse("subscript", "indexing is not part of the language", next, callShape);
  if (next.kind === "line") {
    const after = cursor.tokens.find((token) => token.start >= next.start && token.kind !== "line");
    if (after !== undefined && startsCall(after)) {
      return refuse("line-break", "the line ends before the parenthesis", next, `write \`${name}(\` on one line`, [
        "`(`",
      ]);
    }
  }
  const after = explainAfterValue(next, last);
  if (after !== null) return after;
  const hint =
    next.kind === "end" || next.kind === "line" ? `did you mean \`${name}()\`?` : `did you mean \`${name}(...)\`?`;
  const message = `\`${name}\` is not called`;
  return refuse("missing-parentheses", message, { start: first.start, end: last.end }, hint, ["`(`"]);
}

function diagnoseRest(cursor: Cursor): ParseFault | null {
  const token = tokenAt(cursor, cursor.index);
  if (token.kind === "line") {
    skipLines(cursor);
    const next = tokenAt(cursor, cursor.index);
    if (next.kind === "end") return null;
    if (next.fault !== undefined) return next.fault;
    return refuse("second-statement", "a second statement follows", next, "write one command in each expression");
  }
  if (token.kind === "end") return null;
  if (token.fault !== undefined) return token.fault;
  if (isMark(token, ";"))
    return refuse("second-statement", "a second statement follows", token, "write one command in each expression");
  if (startsCall(token)) return refuse("call-on-value", "a result cannot be called", token, "write one call");
  if (token.kind === "open" && token.text === "[")
    return refuse("subscript", "indexing is not part of the language", token, "write only the call");
  if (token.kind === "close")
    return refuse("stray-bracket", `nothing opened this \`${token.text}\``, token, "remove it");
  const after = explainAfterValue(token, tokenAt(cursor, cursor.index - 1));
  if (after !== null) return after;
  return refuse("trailing-text", "something follows the call", token, "write one command in each expression");
}
