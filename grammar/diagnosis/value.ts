import type { ParseFault } from "../fault.ts";
import { type Frame, frameOf, isMark, peek, type State, startsCall, take, tokenAt } from "./cursor.ts";
import { constants, explainBadName, explainName, refuse, reserved } from "./mistake.ts";
import type { Token } from "./token.ts";

/** A name where a value may begin: a keyword, a constant, the empty set, or a mistake. */
export function readName(state: State, frame: Frame, token: Token): ParseFault | null {
  const next = peek(state);
  if (frame.kind === "call" && !frame.named && isMark(next, "=")) {
    const bad = explainBadName(token, "the name of an argument");
    if (bad !== null) return bad;
    frame.named = true;
    state.index = state.tokens.indexOf(next, state.index) + 1;
    return null;
  }
  if (constants.has(token.text)) {
    if (!startsCall(next)) return take(state, frame);
    return refuse("call-on-value", "a value cannot be called", next, "is a comma missing before the parenthesis?", [
      "`,`",
    ]);
  }
  if (token.text === "set" && startsCall(next) && peek(state, 2).text === ")") {
    const last = peek(state, 2);
    state.index = state.tokens.indexOf(last, state.index);
    return take(state, frame);
  }
  const call = state.takesCalls ? findCall(state) : undefined;
  if (call !== undefined) {
    state.index = call;
    state.frames.push(frameOf(tokenAt(state, call), "call"));
    state.index += 1;
    return null;
  }
  if (frame.kind === "call" && isMark(next, ".") && isDottedKeyword(state)) {
    return refuse("bad-keyword", "the name of an argument has no dots", token, "write name=value", ["a name"]);
  }
  if (isMark(next, ":") && isMark(peek(state, 2), "//")) return explainAddress(state, token);
  if (frame.kind === "call" && isMark(next, ":") && !reserved.has(token.text)) {
    return refuse("stray-colon", "a colon has no meaning here", next, `did you mean \`${token.text}=\`?`, ["`=`"]);
  }
  if (frame.kind === "call" && isMark(next, "==")) {
    return refuse("comparison", "comparisons are not part of the language", next, `did you mean \`${token.text}=\`?`, [
      "`=`",
    ]);
  }
  return explainName(token, next, isMark(next, ".") && isDottedCall(state));
}

/** The index of the parenthesis of a call that begins here with a name that a command can have. */
function findCall(state: State): number | undefined {
  for (let distance = 0; ; distance += 2) {
    const name = distance === 0 ? tokenAt(state, state.index) : peek(state, distance);
    if (name.kind !== "name" || explainBadName(name, "a command name") !== null) return undefined;
    const next = peek(state, distance + 1);
    if (startsCall(next)) return state.tokens.indexOf(next, state.index);
    if (!isMark(next, ".")) return undefined;
  }
}

const dotted = /[\p{ID_Start}_]\p{ID_Continue}*(?:\s*\.\s*[\p{ID_Start}_]\p{ID_Continue}*)*\s*(.)/uy;

function afterDotted(state: State): string | undefined {
  dotted.lastIndex = tokenAt(state, state.index).start;
  return dotted.exec(state.source)?.[1];
}

const isDottedCall = (state: State) => afterDotted(state) === "(";
const isDottedKeyword = (state: State) => afterDotted(state) === "=";

/** A mark where a value may begin: only a sign is none of a mistake. */
export function readMark(state: State, frame: Frame, token: Token): ParseFault | null {
  const { text } = token;
  if (text === "-" || text === "+") return readSign(state, frame, token);
  if ((text === "*" || text === "**") && !frame.named) {
    return refuse("starred", `\`${text}\` cannot unpack anything here`, token, "write the items out");
  }
  if (text === "...")
    return refuse("ellipsis", "`...` is not a value of the language", token, "leave the argument out, or write None", [
      "a value",
    ]);
  if (text === "," || text === ":" || text === "=") {
    return refuse(
      "missing-value",
      `a value must stand before the \`${text}\``,
      token,
      text === "," ? "give a value, or remove the comma" : "give a value",
      ["a value"],
    );
  }
  if (text === "/" || text === "./" || text === ".") return explainAddress(state, token);
  const what = text === "`" ? "a backtick" : `\`${text}\``;
  return refuse("bad-character", `${what} cannot begin a value`, token, "put text in quotes", ["a value"]);
}

/** A path or an address that somebody forgot to quote. */
function explainAddress(state: State, token: Token): ParseFault {
  const written = /^[^\s,'"()[\]{}#]+/.exec(state.source.slice(token.start))?.[0] ?? token.text;
  const span = { start: token.start, end: token.start + written.length };
  const hint = `did you mean \`'${written}'\`?`;
  return refuse("bare-name", "text must stand in quotes", span, hint, ["a value"]);
}

function readSign(state: State, frame: Frame, token: Token): ParseFault | null {
  const next = peek(state);
  const bad = (span: Token, message: string) =>
    refuse("bad-sign", message, span, "a sign stands once, before a number", ["a number"]);
  if (frame.kind === "sign") return bad(token, "a second sign before the number");
  if (isMark(next, "-") || isMark(next, "+")) return bad(next, "a second sign before the number");
  if (next.fault !== undefined) return next.fault;
  if (next.kind !== "number" && !startsCall(next)) return bad(token, `\`${token.text}\` is not before a number`);
  state.index = state.tokens.indexOf(next, state.index);
  if (next.kind === "number") return take(state, frame);
  state.index += 1;
  state.frames.push(frameOf(next, "sign"));
  return null;
}
