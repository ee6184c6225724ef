import type { ParseFault } from "../fault.ts";
import { explainInfinity } from "./bare.ts";
import { type Frame, frameOf, isMark, peek, type State, startsCall, take } from "./cursor.ts";
import { constants, refuse, withHint } from "./mistake.ts";
import { explainNumber } from "./number.ts";
import { suggestText } from "./proposal.ts";
import type { Token } from "./token.ts";
import { explainUnquotedNumber } from "./unquoted.ts";

const signHint = "write one sign, directly before a number";

export const fitsAfterSign = (token: Token) =>
  token.kind === "number" || token.kind === "mark" || token.kind === "end" || startsCall(token);

export function explainSign(token: Token): ParseFault {
  return refuse("bad-sign", "the sign is not before a number", token, signHint, ["a number"]);
}

const option = /--([A-Za-z][A-Za-z\d_]{0,39})(?=[\s=),])/y;
const flag = /-[A-Za-z][\w./-]{0,39}(?=\s*[,)\]}])/y;

/** The sign where a value may begin, and the number behind it. */
export function readSign(state: State, frame: Frame, token: Token): ParseFault | null {
  const next = peek(state);
  const bad = (span: Token, message: string, hint = signHint) => refuse("bad-sign", message, span, hint, ["a number"]);
  if (frame.kind === "sign") return bad(token, "a second sign before the number");
  if (isMark(next, "-") || isMark(next, "+")) {
    return bad(next, "a second sign before the number", hintForOption(state, frame, token));
  }
  if (next.fault !== undefined) return explainFaultyNumber(state, frame, token, next, next.fault);
  if (next.kind === "name") {
    const infinity = explainInfinity(token, next);
    if (infinity !== null) return infinity;
  }
  if (next.kind !== "number" && !startsCall(next)) {
    return bad(token, `\`${token.text}\` is not before a number`, hintForFlag(state, token, next));
  }
  if (next.kind === "number") {
    const unquoted = explainUnquotedNumber(state, frame, next, token.end === next.start ? token.start : next.start);
    if (unquoted !== null) return unquoted;
  }
  state.index = state.tokens.indexOf(next, state.index);
  if (next.kind === "number") return take(state, frame);
  state.index += 1;
  state.frames.push(frameOf(next, "sign"));
  return null;
}

function explainFaultyNumber(state: State, frame: Frame, sign: Token, number: Token, fault: ParseFault): ParseFault {
  const isNumber = /^\.?\d/.test(number.text);
  const start = sign.end === number.start ? sign.start : number.start;
  const unquoted = isNumber ? explainUnquotedNumber(state, frame, number, start) : null;
  const signed = isNumber ? explainNumber(number.text, number.start, sign.text) : undefined;
  return unquoted ?? signed ?? withHint(fault, signHint);
}

/** `--id=1`, as in a shell. */
function hintForOption(state: State, frame: Frame, token: Token): string | undefined {
  option.lastIndex = token.start;
  const name = frame.kind === "call" && !frame.named ? option.exec(state.source)?.[1] : undefined;
  return name === undefined ? undefined : `did you mean \`${name}=\`?`;
}

/** `-v`: a text that begins with the sign. */
function hintForFlag(state: State, token: Token, next: Token): string | undefined {
  flag.lastIndex = token.start;
  const written = next.kind === "name" && !constants.has(next.text) ? flag.exec(state.source)?.[0] : undefined;
  return written === undefined ? undefined : suggestText(written);
}
