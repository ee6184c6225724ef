import type { ParseFault } from "../fault.ts";
import { type Cursor, isMark, skipLines, startsCall, tokenAt } from "./cursor.ts";
import { explainAfterValue, explainComment, refuse, withHint } from "./mistake.ts";
import type { Token } from "./token.ts";

const oneCommand = "write one command for each entry";

/** What stands after the command's closing parenthesis. */
export function diagnoseRest(cursor: Cursor): ParseFault | null {
  const token = tokenAt(cursor, cursor.index);
  if (token.kind === "line") return diagnoseNextLine(cursor);
  if (token.kind === "end") return null;
  if (token.fault !== undefined) return withHint(token.fault, "remove it");
  const isLast = isLastToken(cursor);
  const cure = isLast ? `remove the \`${token.text}\`` : oneCommand;
  if (isMark(token, ";")) return refuse("second-statement", "a second statement follows", token, cure);
  if (startsCall(token)) {
    return refuse("call-on-value", "a second parenthesis cannot follow the command", token, "write one command");
  }
  if (token.kind === "open" && token.text === "[") {
    return refuse("subscript", "nothing can be picked out with [...] here", token, "write only the call");
  }
  if (token.kind === "close")
    return refuse("stray-bracket", `nothing opened this \`${token.text}\``, token, "remove it");
  const comment = explainComment(cursor.source, token, true);
  if (comment !== null) return comment;
  if (token.kind === "mark" && (isLast || isOfShell(cursor, token))) return refuseRest(token, cure);
  return explainAfterValue(token, "write only the call") ?? refuseRest(token, oneCommand);
}

const refuseRest = (token: Token, hint: string) => refuse("trailing-text", "something follows the call", token, hint);

function diagnoseNextLine(cursor: Cursor): ParseFault | null {
  skipLines(cursor);
  const next = tokenAt(cursor, cursor.index);
  if (next.kind === "end") return null;
  if (next.fault !== undefined) return withHint(next.fault, "remove it");
  return refuse("second-statement", "a second statement follows", next, oneCommand);
}

function isLastToken(cursor: Cursor): boolean {
  const after: Cursor = { ...cursor, index: cursor.index + 1 };
  skipLines(after);
  return tokenAt(after, after.index).kind === "end";
}

/** `&& g(2)`, `| g`, `> out.txt`: before a number they would be operators. */
function isOfShell(cursor: Cursor, token: Token): boolean {
  return /^(?:[&|<>]|>>|<<)$/.test(token.text) && tokenAt(cursor, cursor.index + 1).kind !== "number";
}
