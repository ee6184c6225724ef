import type { ParseFault } from "../fault.ts";
import { reserved } from "../reserved.ts";
import { closing, type Frame, isMark, type State, startsCall } from "./cursor.ts";
import { explainArrow, explainEquals } from "./keyword.ts";
import { constants, explainAfterValue, explainComment, refuse, withHint } from "./mistake.ts";
import { spellText, suggestOrText, suggestText } from "./proposal.ts";
import type { Token } from "./token.ts";

// What stands after a value where a comma or a bracket should.

/** Directly behind a text: letters, digits or a quote that do not belong there. Three quotes open a text of their own. */
export function isStrayQuote(state: State, previous: Token, token: Token): boolean {
  if (token.start !== previous.end || (previous.kind !== "text" && previous.kind !== "bytes")) return false;
  if (token.kind === "name" || token.kind === "number") return true;
  const isBadQuote =
    token.fault?.code === "bad-prefix" || token.fault?.code === "f-string" || token.fault?.code === "unclosed-quote";
  return isBadQuote && !/^(?:'''|""")/.test(state.source.slice(token.start, token.start + 3));
}

/** The first fault behind a finished value that no comma, colon, bracket or further piece of text follows. */
export function explainBehind(state: State, frame: Frame, previous: Token, token: Token): ParseFault {
  const arrow = explainArrow(state, frame, previous, token);
  if (arrow !== null) return arrow;
  if (token.fault !== undefined) return withHint(token.fault, separate);
  const isText = token.kind === "text" || token.kind === "bytes";
  if (isText && (previous.kind === "text" || previous.kind === "bytes")) {
    return refuse("mixed-bytes", "text and bytes cannot be joined", token, "is a comma missing between them?", ["`,`"]);
  }
  if (isMark(token, "=")) return explainEquals(state, frame, token);
  if (isMark(token, ";"))
    return refuse("bad-character", "`;` has no meaning here", token, "did you mean `,`?", ["`,`"]);
  const after =
    explainComment(state.source, token, true) ??
    explainAfterValue(token, undefined, hintForOperator(state, previous, token));
  if (after !== null) return after;
  if (startsCall(token)) {
    const hint = "is a comma missing before the parenthesis?";
    return refuse("call-on-value", "a parenthesis cannot follow a value", token, hint, ["`,`"]);
  }
  if (token.kind === "open" && token.text === "[") {
    return refuse("subscript", "a bracket cannot follow a value", token, "is a comma missing before the bracket?", [
      "`,`",
    ]);
  }
  if (token.kind === "mark")
    return refuse("bad-character", `\`${token.text}\` has no meaning here`, token, separate, ["`,`"]);
  return missingComma(state, frame, previous, token);
}

const separate = "separate values with commas";

/** Where a number begins, with its sign. */
const startOf = (source: string, number: Token) =>
  /[-+]/.test(source.charAt(number.start - 1)) ? number.start - 1 : number.start;

const grouped = /[-+]?\d+(?: \d+)+(?![\w.'"])/y;

/** `1 000` and `+33 6 12 34`: numbers with blanks in them. */
export function explainSplitNumber(state: State, previous: Token, token: Token): ParseFault | null {
  if (previous.kind !== "number" || !/^\d/.test(token.text)) return null;
  grouped.lastIndex = startOf(state.source, previous);
  const written = grouped.exec(state.source)?.[0] ?? "";
  const isThousands = /^[-+]?[1-9]\d{0,2}(?: \d{3})+$/.test(written);
  if (!isThousands && !written.startsWith("+")) return null;
  const hint = isThousands ? suggestOrText(written.replaceAll(" ", ""), written) : suggestText(written);
  return refuse("missing-comma", "a comma is missing before this", token, hint, ["`,`"]);
}

const withUnit = /[-+]?\d[\d.]* [A-Za-z°µ%]+(?=\s*[,)\]}])/y;

function missingComma(state: State, frame: Frame, previous: Token, token: Token): ParseFault {
  if (frame.kind === "brace" && !frame.named && frame.entries > 0) {
    return refuse("missing-colon", "a colon is missing before this", token, "write key: value", ["`:`"]);
  }
  const wanted = closing[frame.open.text] ?? ")";
  withUnit.lastIndex = startOf(state.source, previous);
  const isUnit = token.kind === "name" && !constants.has(token.text) && !reserved.has(token.text);
  const written = previous.kind === "number" && isUnit ? withUnit.exec(state.source)?.[0] : undefined;
  const hint = written === undefined ? separate : suggestText(written);
  return refuse("missing-comma", "a comma is missing before this", token, hint, ["`,`", `\`${wanted}\``]);
}

const computation = /[^,'"()[\]{}\r\n#]{1,41}/y;

/** What to write instead of an operator behind this value: the result, or a text that looks like a computation. */
export function hintForOperator(state: State, previous: Token, token: Token): string {
  if (previous.kind === "text") {
    return token.text === "+" ? "texts side by side are joined: 'a' 'b'" : "give the result";
  }
  if (previous.kind !== "number" && previous.kind !== "name") return "give the result";
  computation.lastIndex = startOf(state.source, previous);
  const spelled = spellText((computation.exec(state.source)?.[0] ?? "").trim());
  return spelled === undefined ? "give the result" : `give the result, or put text in quotes: \`${spelled}\``;
}
