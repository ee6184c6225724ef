import type { ParseFault } from "../fault.ts";
import { closing, type Frame, previousToken, type State } from "./cursor.ts";
import { refuse } from "./mistake.ts";
import { spellText } from "./proposal.ts";
import type { Token } from "./token.ts";

// Brackets that are missing, too many, or of the wrong kind.

/** The source ended, or another bracket closed, before this frame did. */
export function explainUnclosed(state: State, frame: Frame, found?: Token): ParseFault {
  const open = frame.open.text;
  const wanted = closing[open] ?? ")";
  const isCall = state.frames.length === 1;
  const message =
    found === undefined
      ? `this \`${open}\` is never closed`
      : `this \`${open}\` is not closed before the \`${found.text}\``;
  const hint = found === undefined ? hintForComment(state) : undefined;
  const add = isCall ? `add \`${wanted}\` at the end` : `add \`${wanted}\``;
  return refuse("unclosed-bracket", message, frame.open, hint ?? add, [`\`${wanted}\``]);
}

const afterHash = /#[^\s,'"`()[\]{}]+/y;

/** Behind the last token only layout is left: a bracket in it was swallowed by its comment. */
function hintForComment(state: State): string | undefined {
  const from = previousToken(state).end;
  const rest = state.source.slice(from);
  const start = rest.indexOf("#");
  if (start < 0 || !/[)\]}]/.test(rest)) return undefined;
  const swallowed = "everything after `#` is a comment";
  afterHash.lastIndex = from + start;
  const written = state.wantsValue ? afterHash.exec(state.source)?.[0] : undefined;
  const spelled = written === undefined ? undefined : spellText(written);
  if (spelled === undefined) return `${swallowed}; close the bracket before it`;
  return `${swallowed}; put it in quotes if it is text: \`${spelled}\``;
}

/** A closing bracket that is not the one of the innermost frame. */
export function explainMismatch(state: State, frame: Frame, token: Token): ParseFault {
  const isOfOuter = state.frames.some((other) => closing[other.open.text] === token.text);
  if (isOfOuter) return explainUnclosed(state, frame, token);
  const wanted = closing[frame.open.text] ?? ")";
  return refuse("stray-bracket", `nothing opened this \`${token.text}\``, token, `did you mean \`${wanted}\`?`, [
    `\`${wanted}\``,
  ]);
}
