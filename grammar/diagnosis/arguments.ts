import type { ParseFault } from "../fault.ts";
import { explainEquals, explainUnquoted, isBadQuote, missingComma, strayQuote } from "./between.ts";
import {
  type Cursor,
  closing,
  type Frame,
  frameOf,
  isMark,
  previousToken,
  type State,
  startsCall,
  take,
  tokenAt,
} from "./cursor.ts";
import { explainAfterValue, refuse } from "./mistake.ts";
import type { Token } from "./token.ts";
import { readMark, readName } from "./value.ts";

/** From the command's opening parenthesis to the one that closes it; the cursor is then behind it. */
export function diagnoseArguments(cursor: Cursor): ParseFault | null {
  const open = tokenAt(cursor, cursor.index);
  const state: State = { ...cursor, index: cursor.index + 1, frames: [frameOf(open, "call")], wantsValue: true };
  while (state.frames.length > 0) {
    const token = tokenAt(state, state.index);
    const frame = state.frames.at(-1);
    if (frame === undefined) break;
    if (token.kind === "line") {
      state.index += 1;
      continue;
    }
    const fault = state.wantsValue ? readValue(state, frame, token) : readAfter(state, frame, token);
    if (fault !== null) return fault;
  }
  cursor.index = state.index;
  return null;
}

function unclosed(frame: Frame, found?: Token): ParseFault {
  const wanted = closing[frame.open.text] ?? ")";
  const message =
    found === undefined
      ? `this \`${frame.open.text}\` is never closed`
      : `this \`${frame.open.text}\` is not closed before the \`${found.text}\``;
  return refuse("unclosed-bracket", message, frame.open, `add \`${wanted}\``, [`\`${wanted}\``]);
}

function readValue(state: State, frame: Frame, token: Token): ParseFault | null {
  if (token.kind === "close") return closeWithoutValue(state, frame, token);
  if (frame.first === null) frame.first = token;
  if (token.fault !== undefined) return token.fault;
  if (frame.kind === "sign" && !fitsAfterSign(token)) return explainSign(token);
  switch (token.kind) {
    case "text":
    case "bytes":
    case "number":
      return take(state, frame);
    case "open":
      state.index += 1;
      state.frames.push(
        frameOf(
          token,
          token.text === "[" ? "list" : token.text === "{" ? "brace" : frame.kind === "sign" ? "sign" : "group",
        ),
      );
      return null;
    case "name":
      return readName(state, frame, token);
    case "mark":
      return readMark(state, frame, token);
    default:
      return unclosed(frame);
  }
}

const fitsAfterSign = (token: Token) =>
  token.kind === "number" || token.kind === "mark" || token.kind === "end" || startsCall(token);

function explainSign(token: Token): ParseFault {
  return refuse("bad-sign", "the sign is not before a number", token, "a sign stands once, before a number", [
    "a number",
  ]);
}

function closeWithoutValue(state: State, frame: Frame, token: Token): ParseFault | null {
  if (token.text !== closing[frame.open.text]) return mismatched(state, frame, token);
  if (frame.first !== null || frame.named || frame.kind === "sign") {
    return refuse("missing-value", `a value must stand before the \`${token.text}\``, token, "give a value", [
      "a value",
    ]);
  }
  return close(state, frame);
}

function mismatched(state: State, frame: Frame, token: Token): ParseFault {
  const outer = state.frames.some((other) => closing[other.open.text] === token.text);
  if (outer) return unclosed(frame, token);
  const wanted = closing[frame.open.text] ?? ")";
  return refuse("stray-bracket", `nothing opened this \`${token.text}\``, token, `did you mean \`${wanted}\`?`, [
    `\`${wanted}\``,
  ]);
}

function close(state: State, frame: Frame): ParseFault | null {
  const fault = finishItem(state, frame);
  if (fault !== null) return fault;
  state.frames.pop();
  const outer = state.frames.at(-1);
  if (outer !== undefined) outer.filled = true;
  state.index += 1;
  state.wantsValue = false;
  return null;
}

function readAfter(state: State, frame: Frame, token: Token): ParseFault | null {
  const previous = previousToken(state);
  const adjacent = token.start === previous.end && (previous.kind === "text" || previous.kind === "bytes");
  if (adjacent && (token.kind === "name" || token.kind === "number" || isBadQuote(token)))
    return strayQuote(previous, token);
  const unquoted = explainUnquoted(state, previous, token);
  if (unquoted !== null) return unquoted;
  if (token.fault !== undefined) return token.fault;
  if (token.kind === "end") return unclosed(frame);
  if (token.kind === "close")
    return token.text === closing[frame.open.text] ? close(state, frame) : mismatched(state, frame, token);
  if (token.kind === "text" || token.kind === "bytes") return readNextPiece(state, previous, token);
  if (isMark(token, ",")) return readComma(state, frame, token);
  if (isMark(token, ":")) return readColon(state, frame, token);
  if (isMark(token, "=")) return explainEquals(frame, token);
  const after = explainAfterValue(token, previous);
  if (after !== null) return after;
  if (startsCall(token))
    return refuse("call-on-value", "a value cannot be called", token, "is a comma missing before the parenthesis?", [
      "`,`",
    ]);
  if (token.kind === "open" && token.text === "[")
    return refuse("subscript", "a value cannot be indexed", token, "is a comma missing before the bracket?", ["`,`"]);
  if (token.kind === "mark")
    return refuse("bad-character", `\`${token.text}\` has no meaning here`, token, "put text in quotes", ["`,`"]);
  return missingComma(frame, token);
}

function readNextPiece(state: State, previous: Token, token: Token): ParseFault | null {
  const frame = state.frames.at(-1);
  if (previous.kind === token.kind) {
    state.index += 1;
    return null;
  }
  if (previous.kind === "text" || previous.kind === "bytes") {
    return refuse("mixed-bytes", "text and bytes cannot be joined", token, "is a comma missing between them?", ["`,`"]);
  }
  return frame === undefined ? null : missingComma(frame, token);
}

function readComma(state: State, frame: Frame, token: Token): ParseFault | null {
  if (frame.kind === "sign") return explainSign(frame.open);
  const fault = finishItem(state, frame);
  if (fault !== null) return fault;
  frame.commas += 1;
  frame.first = null;
  frame.named = false;
  frame.filled = false;
  state.index = state.tokens.indexOf(token, state.index) + 1;
  state.wantsValue = true;
  return null;
}

function finishItem(state: State, frame: Frame): ParseFault | null {
  if (!frame.filled || frame.first === null) return null;
  const span = { start: frame.first.start, end: previousToken(state).end };
  if (frame.kind === "call") {
    if (frame.named) frame.keywords = true;
    else if (frame.keywords) {
      return refuse(
        "positional-after-keyword",
        "a positional argument follows a keyword argument",
        span,
        "give its name, or move it before the keyword arguments",
      );
    }
  }
  if (frame.kind === "brace") {
    if (frame.named) frame.entries += 1;
    else frame.items += 1;
    if (!frame.named && frame.entries > 0)
      return refuse("missing-colon", "this dict entry has no value", span, "write key: value", ["`:`"]);
    if (frame.named && frame.items > 0)
      return refuse(
        "missing-colon",
        "a key and value among the items of a set",
        span,
        "write key: value for each of them, or for none",
      );
  }
  return null;
}

function readColon(state: State, frame: Frame, token: Token): ParseFault | null {
  if (frame.kind === "brace" && !frame.named) {
    frame.named = true;
    state.index += 1;
    state.wantsValue = true;
    return null;
  }
  const hint =
    frame.kind === "call"
      ? "a keyword argument is written name=value; put text in quotes"
      : "a key and its value stand in braces: {key: value}";
  return refuse("stray-colon", "a colon has no meaning here", token, hint, ["`,`"]);
}
