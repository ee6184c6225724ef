import type { ParseFault } from "../fault.ts";
import { closing, type Frame, isMark, type State } from "./cursor.ts";
import { refuse } from "./mistake.ts";
import type { Token } from "./token.ts";

// What stands after a value where a comma or a bracket should.

export const isBadQuote = (token: Token) =>
  token.fault?.code === "bad-prefix" || token.fault?.code === "f-string" || token.fault?.code === "unclosed-quote";

export function strayQuote(text: Token, next: Token): ParseFault {
  const quote = text.text.at(-1) ?? "'";
  const other = quote === "'" ? '"' : "'";
  const hint = `write \\${quote} for a quote inside the text, or put the text in ${other}`;
  return refuse(
    "stray-quote",
    "the text ends at this quote, and more follows",
    { start: text.end - 1, end: next.start },
    hint,
    ["`,`"],
  );
}

/** 2024-01-01, 10:30, 1/2: numbers with something between them are nearly always a text without its quotes. */
export function explainUnquoted(state: State, previous: Token, token: Token): ParseFault | null {
  const isJoint = previous.kind === "number" && (isMark(token, "-") || isMark(token, ":") || isMark(token, "/"));
  if (!isJoint || previous.end !== token.start || state.frames.at(-1)?.kind === "brace") return null;
  const written = /^[\w.:/+-]+/.exec(state.source.slice(previous.start))?.[0] ?? "";
  if (!/^\d+([-:/])\d+(?:\1\d+)+|^\d+:\d+/.test(written)) return null;
  const span = { start: previous.start, end: previous.start + written.length };
  return refuse("bad-number", `\`${written}\` is not a number`, span, `did you mean \`'${written}'\`?`, ["a number"]);
}

export function missingComma(frame: Frame, token: Token): ParseFault {
  if (frame.kind === "brace" && !frame.named && frame.entries > 0) {
    return refuse("missing-colon", "a colon is missing before this", token, "write key: value", ["`:`"]);
  }
  const wanted = closing[frame.open.text] ?? ")";
  return refuse("missing-comma", "a comma is missing before this", token, "separate values with commas", [
    "`,`",
    `\`${wanted}\``,
  ]);
}

export function explainEquals(frame: Frame, token: Token): ParseFault {
  if (frame.kind === "call" && !frame.named) {
    const span = { start: frame.first?.start ?? token.start, end: token.start };
    return refuse("bad-keyword", "the name of an argument is a plain name, without quotes", span, "write name=value", [
      "a name",
    ]);
  }
  const hint = frame.kind === "brace" ? "in a dict write key: value" : "keyword arguments stand directly in the call";
  return refuse("stray-equals", "an equals sign has no meaning here", token, hint, ["`,`"]);
}
