import type { ParseFault } from "../fault.ts";
import { reserved } from "../reserved.ts";
import { explainBareName, explainName, explainReservedCall } from "./bare.ts";
import { hintForOperator } from "./between.ts";
import { type Frame, frameOf, isMark, peek, type State, startsCall, take, tokenAt } from "./cursor.ts";
import { explainArrow, explainEquals, explainNameColon, explainNameEquals } from "./keyword.ts";
import { constants, explainBadName, explainComment, isPlainName, refuse } from "./mistake.ts";
import { cut, spellText, suggest, suggestText } from "./proposal.ts";
import { readSign } from "./sign.ts";
import type { Token } from "./token.ts";
import { explainUnfilled } from "./unfilled.ts";
import { explainUnquotedCron, explainUnquotedMark, explainUnquotedName, suggestRun } from "./unquoted.ts";

/** A name where a value may begin: a keyword, a constant, the empty set, a call, or a mistake. */
export function readName(state: State, frame: Frame, token: Token): ParseFault | null {
  const next = peek(state);
  if (isMark(next, "=")) return readKeyword(state, frame, token, next);
  if (token.text === "set" && startsCall(next) && peek(state, 2).text === ")") {
    const last = peek(state, 2);
    state.index = state.tokens.indexOf(last, state.index);
    return take(state, frame);
  }
  const call = state.takesCalls && !constants.has(token.text) ? findCall(state) : undefined;
  if (call !== undefined) {
    state.frames.push(frameOf(tokenAt(state, call), "call"));
    state.index = call + 1;
    return null;
  }
  const unquoted = explainUnquotedName(state, frame, token);
  if (unquoted !== null) return unquoted;
  if (constants.has(token.text)) return readConstant(state, frame, next);
  return explainNested(state, token, next) ?? explainNamed(state, frame, token, next);
}

function readKeyword(state: State, frame: Frame, token: Token, equals: Token): ParseFault | null {
  if (frame.kind !== "call" || frame.named) return explainNameEquals(state, frame, token, equals);
  const bad = explainBadName(token, "an argument");
  if (bad !== null) return bad;
  frame.named = true;
  state.index = state.tokens.indexOf(equals, state.index) + 1;
  return null;
}

function readConstant(state: State, frame: Frame, next: Token): ParseFault | null {
  if (startsCall(next)) {
    const hint = "is a comma missing before the parenthesis?";
    return refuse("call-on-value", "a parenthesis cannot follow a value", next, hint, ["`,`"]);
  }
  if (isMark(next, ".") && /^[\s,)\]}]/.test(state.source.slice(next.end, next.end + 1))) {
    return refuse("bad-character", "`.` has no meaning here", next, "remove it");
  }
  return take(state, frame);
}

/** The index of the parenthesis of a call that begins here with a name that a command can have. */
function findCall(state: State): number | undefined {
  let index = state.index;
  const step = () => {
    do index += 1;
    while (tokenAt(state, index).kind === "line");
    return tokenAt(state, index);
  };
  for (let name = tokenAt(state, index); ; name = step()) {
    if (name.kind !== "name" || explainBadName(name, "a command") !== null) return undefined;
    const next = step();
    if (startsCall(next)) return index;
    if (!isMark(next, ".")) return undefined;
  }
}

const dotted = /([\p{ID_Start}_]\p{ID_Continue}*(?:\s*\.\s*[\p{ID_Start}_]\p{ID_Continue}*)*)\s*(.)/uy;

/** A call among the arguments, where none may stand. */
function explainNested(state: State, token: Token, next: Token): ParseFault | null {
  const isCalled = startsCall(next);
  if (isCalled && token.text === "function") {
    return refuse("lambda", "functions cannot be written here", token, "give a value");
  }
  const reservedCall = isCalled ? explainReservedCall(token) : null;
  if (reservedCall !== null) return reservedCall;
  if (isCalled ? reserved.has(token.text) : !isMark(next, ".")) return null;
  dotted.lastIndex = token.start;
  const found = dotted.exec(state.source);
  if (!isCalled && found?.[2] !== "(") return null;
  const spelled = spellText(`${found?.[1] ?? token.text}(...)`);
  const hint = `if the parameter takes an expression, put it in quotes${spelled === undefined ? "" : `: ${spelled}`}`;
  return refuse("nested-call", "a call cannot be an argument", token, hint);
}

/** A name that is neither a value nor the beginning of a call, by what follows it. */
function explainNamed(state: State, frame: Frame, token: Token, next: Token): ParseFault {
  const isArgument = frame.kind === "call" && !frame.named;
  const proposal = isArgument && isPlainName(token.text) ? `${token.text}=` : undefined;
  if (isArgument && isMark(next, ".") && isDottedKeyword(state, token)) {
    return refuse("bad-keyword", "the name of an argument has no dots", token, "write name=value", ["a name"]);
  }
  const beginsValue = next.kind === "text" || next.kind === "bytes" || next.kind === "number";
  if (beginsValue && proposal !== undefined && next.start > token.end) {
    return explainBareName(token, suggest(proposal, ""));
  }
  const arrow = explainArrow(state, frame, token, next);
  if (arrow !== null) return arrow;
  if (isArgument && isMark(next, ":") && explainBadName(token, "an argument")?.code !== "reserved-name") {
    return explainNameColon(state, token, next);
  }
  if (isMark(next, "==") && proposal !== undefined) {
    return refuse("comparison", "`==` has no meaning here; nothing is compared", next, suggest(proposal, ""), ["`=`"]);
  }
  if (isMark(next, ":=")) {
    return refuse("walrus", "`:=` has no meaning here", next, suggest(proposal, "give the value itself"), ["`=`"]);
  }
  if (isArgument && next.kind === "name" && isMark(peek(state, 2), "=")) {
    const spelled = spellText(token.text);
    const hint = `is a comma missing? Text stands in quotes${spelled === undefined ? "" : `: \`${spelled}\``}`;
    return explainBareName(token, hint);
  }
  return explainName(token, next, hintForOperator(state, token, next), readPhrase(state.source, token));
}

const phrase = /[^,'"`()[\]{}<>=#\\\r\n]{1,41}/y;

/** Words with blanks between them: `my file.png`. */
function readPhrase(source: string, token: Token): string | undefined {
  phrase.lastIndex = token.start;
  return phrase.exec(source)?.[0].trim();
}

function isDottedKeyword(state: State, token: Token): boolean {
  dotted.lastIndex = token.start;
  return dotted.exec(state.source)?.[2] === "=";
}

const negated: ReadonlyMap<string, string> = new Map([
  ["True", "False"],
  ["true", "False"],
  ["False", "True"],
  ["false", "True"],
]);

/** A mark where a value may begin: only a sign is none of a mistake. */
export function readMark(state: State, frame: Frame, token: Token): ParseFault | null {
  const { text } = token;
  const { source } = state;
  if (text === "-" || text === "+") return readSign(state, frame, token);
  const unquoted =
    explainComment(source, token, false) ??
    explainUnfilled(source, token) ??
    explainUnquotedCron(state, token) ??
    explainUnquotedMark(state, token);
  if (unquoted !== null) return unquoted;
  if ((text === "*" || text === "**") && !frame.named) {
    const hint = text === "*" ? "write the values out, with commas between them" : "write name=value for each argument";
    return refuse("starred", `\`${text}\` has no meaning here`, token, hint);
  }
  if (text === "...") {
    const hint = "leave the argument out, or write None";
    return refuse("ellipsis", "`...` is not a value of command expressions", token, hint, ["a value"]);
  }
  if (text === "=" && frame.kind === "call") return explainLeadingEquals(state, frame, token);
  if (text === "," || text === ":" || text === "=") {
    const hint = text === "," ? "give a value, or remove the comma" : "give a value";
    return refuse("missing-value", `a value must stand before the \`${text}\``, token, hint, ["a value"]);
  }
  const opposite = text === "!" ? negated.get(peek(state).text) : undefined;
  if (opposite !== undefined) {
    const message = "`!` has no meaning here; nothing is computed";
    return refuse("operator", message, token, suggest(opposite, ""));
  }
  const what = text === "`" ? "a backtick" : `\`${cut(text)}\``;
  return refuse("bad-character", `${what} cannot begin a value`, token, hintForMark(source, token), ["a value"]);
}

const inBackticks = /`([^`\r\n]{1,40})`/y;
const escapedQuote = /&(?:quot|apos|#39|#34|#x27|#x22);/y;

function hintForMark(source: string, token: Token): string {
  inBackticks.lastIndex = token.start;
  const quoted = inBackticks.exec(source)?.[1];
  if (quoted !== undefined) return suggestText(quoted);
  escapedQuote.lastIndex = token.start;
  const escaped = escapedQuote.exec(source)?.[0];
  return escaped === undefined ? suggestRun(source, token.start) : `write ' or " for \`${escaped}\``;
}

function explainLeadingEquals(state: State, frame: Frame, token: Token): ParseFault {
  if (frame.named) return explainEquals(state, frame, token);
  return refuse("missing-value", "a name must stand before the `=`", token, "write name=value", ["a name"]);
}
