import type { ParseFault } from "../fault.ts";
import { explainBehind, explainSplitNumber, isStrayQuote } from "./between.ts";
import { explainMismatch, explainUnclosed } from "./brackets.ts";
import {
  type Cursor,
  closing,
  type Frame,
  frameOf,
  isMark,
  previousToken,
  type State,
  take,
  tokenAt,
} from "./cursor.ts";
import { finishItem } from "./item.ts";
import { explainColon } from "./keyword.ts";
import { refuse, withHint } from "./mistake.ts";
import { explainStrayQuote } from "./quote.ts";
import { explainSign, fitsAfterSign } from "./sign.ts";
import type { Token } from "./token.ts";
import { explainUnfilled } from "./unfilled.ts";
import { explainUnquotedCron, explainUnquotedMark, explainUnquotedNumber, suggestRun } from "./unquoted.ts";
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

function readValue(state: State, frame: Frame, token: Token): ParseFault | null {
  if (token.kind === "close") return closeWithoutValue(state, frame, token);
  if (frame.first === null) frame.first = token;
  if (token.fault !== undefined) return explainFaultyValue(state, frame, token, token.fault);
  if (frame.kind === "sign" && !fitsAfterSign(token)) return explainSign(token);
  switch (token.kind) {
    case "text":
    case "bytes":
      return take(state, frame);
    case "number":
      return explainUnquotedCron(state, token) ?? explainUnquotedNumber(state, frame, token) ?? take(state, frame);
    case "open":
      return explainUnfilled(state.source, token) ?? open(state, frame, token);
    case "name":
      return readName(state, frame, token);
    case "mark":
      return readMark(state, frame, token);
    default:
      return explainUnclosed(state, frame);
  }
}

/** What is wrong in itself is often the beginning of a text without quotes. */
function explainFaultyValue(state: State, frame: Frame, token: Token, fault: ParseFault): ParseFault {
  const unquoted = /^\.?\d/.test(token.text)
    ? explainUnquotedNumber(state, frame, token)
    : explainUnquotedMark(state, token);
  return unquoted ?? withHint(fault, suggestRun(state.source, token.start));
}

function open(state: State, frame: Frame, token: Token): null {
  const kind =
    token.text === "[" ? "list" : token.text === "{" ? "brace" : frame.kind === "sign" ? ("sign" as const) : "group";
  state.frames.push(frameOf(token, kind));
  state.index += 1;
  return null;
}

function closeWithoutValue(state: State, frame: Frame, token: Token): ParseFault | null {
  if (token.text !== closing[frame.open.text]) return explainMismatch(state, frame, token);
  if (frame.first !== null || frame.named || frame.kind === "sign") {
    return refuse("missing-value", `a value must stand before the \`${token.text}\``, token, "give a value", [
      "a value",
    ]);
  }
  return close(state, frame);
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
  if (isStrayQuote(state, previous, token)) return explainStrayQuote(state.source, previous, token);
  const split = explainSplitNumber(state, previous, token);
  if (split !== null) return split;
  if (token.kind === "end") return explainUnclosed(state, frame);
  if (token.kind === "close")
    return token.text === closing[frame.open.text] ? close(state, frame) : explainMismatch(state, frame, token);
  if (isMark(token, ",")) return readComma(state, frame, token);
  if (isMark(token, ":")) return readColon(state, frame, token);
  if (previous.kind === token.kind && (token.kind === "text" || token.kind === "bytes")) {
    state.index += 1;
    return null;
  }
  return explainBehind(state, frame, previous, token);
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

function readColon(state: State, frame: Frame, token: Token): ParseFault | null {
  if (frame.kind !== "brace" || frame.named) return explainColon(state, frame, token);
  frame.named = true;
  state.index += 1;
  state.wantsValue = true;
  return null;
}
