import type { ParseFault } from "../fault.ts";
import { reserved } from "../reserved.ts";
import { type Cursor, isMark, startsCall, tokenAt } from "./cursor.ts";
import { explainBadName, refuse, withHint } from "./mistake.ts";
import { callShape, explainNoCall, hintForLead } from "./parentheses.ts";
import { cut } from "./proposal.ts";
import type { Token } from "./token.ts";

// The name of the command, and what stands before it.

/** From the beginning to the command's opening parenthesis, where the cursor is then. */
export function diagnoseName(cursor: Cursor): ParseFault | null {
  const first = tokenAt(cursor, cursor.index);
  if (first.kind === "end") return explainEmpty(cursor.source, first);
  if (first.kind !== "name") return explainStart(cursor, first);
  let name = "";
  for (let token = first; ; token = tokenAt(cursor, cursor.index)) {
    if (token.fault !== undefined) return withHint(token.fault, "remove it");
    if (token.kind !== "name") return refuse("not-a-call", "a name must follow the dot", token, callShape, ["a name"]);
    const next = tokenAt(cursor, cursor.index + 1);
    const bad = (token === first ? explainFirstWord(cursor, token, next) : null) ?? explainBadName(token, "a command");
    if (bad !== null) return bad;
    name += token.text;
    if (!isMark(next, ".")) {
      cursor.index += 1;
      return startsCall(next) ? null : explainNoCall(cursor, { text: name, start: first.start, end: token.end }, next);
    }
    name += ".";
    cursor.index += 2;
  }
}

function explainEmpty(source: string, end: Token): ParseFault {
  // Nothing but layout: a # cannot be anything but a comment's.
  const hash = source.indexOf("#");
  if (hash < 0) return refuse("empty", "there is no expression", end, callShape, ["a command name"]);
  const hint = "everything after `#` is a comment; remove the `#`";
  return refuse("empty", "there is only a comment", { start: hash, end: hash + 1 }, hint, ["a command name"]);
}

/** `await f(1)`, `import os`: a word of Python before what may be a command. */
function explainFirstWord(cursor: Cursor, token: Token, next: Token): ParseFault | null {
  if (!reserved.has(token.text) || (next.kind !== "name" && !isMark(next, ":"))) return null;
  const hint = hintForLead(cursor.source, token.end) ?? callShape;
  return refuse("reserved-name", `\`${token.text}\` cannot stand before a command`, token, hint, ["a command name"]);
}

const quotedCall = /^(?:['"`]{1,3})[ \t]*[A-Za-z_][\w.]*[ \t]*\(/;
const lead = /[^\p{ID_Start}_\s\p{Z}\p{C}"'`([{#\\]+(?=[ \t]{0,9}([A-Za-z_][\w.]{0,39})[ \t]*\()/uy;

/** What is no name where the command's name must begin. */
function explainStart({ source }: Cursor, token: Token): ParseFault {
  const message = "an expression begins with the name of a command";
  const refuseStart = (hint: string, span: { start: number; end: number } = token) =>
    refuse("not-a-call", message, span, hint, ["a command name"]);
  const begin = source.slice(token.start, token.start + 100);
  if (quotedCall.test(begin)) return refuseStart("remove the quotes around the command");
  if (/^\d+[A-Za-z_]/.test(begin)) {
    return refuse("not-a-call", "a command's name does not begin with a digit", token, callShape, ["a command name"]);
  }
  lead.lastIndex = token.start;
  const before = token.fault === undefined ? lead.exec(source) : null;
  if (before !== null) {
    const span = { start: token.start, end: token.start + before[0].length };
    return refuseStart(`remove what stands before \`${cut(before[1] ?? "")}\``, span);
  }
  if (token.fault !== undefined) return withHint(token.fault, "remove it");
  const holdsCall = /[A-Za-z_][\w.]{0,39}[ \t]{0,9}\(/.test(begin);
  if (startsCall(token) && /^\(\s*[A-Za-z_]/.test(begin)) {
    return refuseStart("write the command without parentheses around it");
  }
  if (token.kind === "open" && holdsCall) return refuseStart("give the command alone, without the document around it");
  return refuseStart(callShape);
}
