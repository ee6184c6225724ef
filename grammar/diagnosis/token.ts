import { type ParseCode, ParseFault } from "../fault.ts";
import { explainNumber } from "./number.ts";
import { explainText } from "./text.ts";

/** What the diagnosis sees: more than the language has, so that a mistake can be called by its name. */
export interface Token {
  readonly kind: "name" | "number" | "text" | "bytes" | "open" | "close" | "mark" | "line" | "fault" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** For kind `fault`: what is wrong with the token itself. */
  readonly fault?: ParseFault;
}

const layout = /(?:[ \t\f]|\\(?:\r\n|\n|\r)(?!$)|#[^\n\r\0\p{Cs}]*)+/uy;
const lineEnd = /\r\n|\n|\r/y;
const word = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const number = /\.?\d(?:[eE][+-](?=\d)|[\w.])*/y;
const mark = /\.\.\.|:=|->|\*\*=?|\/\/=?|<<=?|>>=?|<>|[=!<>+\-*/%@&|^]=|[=!<>+\-*/%@&|^~.,:;?$`]/y;
const openingQuote = /'''|"""|'|"/y;
const smartQuote = /[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c\u300d\uff02\uff07\u00b4\u2032\u2033]/;

const at = (pattern: RegExp, source: string, offset: number): string | undefined => {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
};

/** Splits a refused source into tokens up to the first one that is wrong in itself. Linear in its length. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  const push = (kind: Token["kind"], length: number, fault?: ParseFault) => {
    const text = source.slice(offset, offset + length);
    const token = { kind, text, start: offset, end: offset + length };
    tokens.push(fault === undefined ? token : { ...token, kind: "fault", fault });
    offset += length;
  };
  while (offset < source.length && tokens.at(-1)?.kind !== "fault") {
    const space = at(layout, source, offset);
    if (space !== undefined) {
      offset += space.length;
      continue;
    }
    const line = at(lineEnd, source, offset);
    if (line !== undefined) {
      push("line", line.length);
      continue;
    }
    const name = at(word, source, offset) ?? "";
    const quote = at(openingQuote, source, offset + name.length);
    if (quote !== undefined) {
      const piece = explainText(source, offset, name, quote);
      push(/b/i.test(name) ? "bytes" : "text", piece.end - offset, piece.fault);
    } else if (name !== "") {
      push("name", name.length);
    } else {
      const digits = at(number, source, offset);
      const punctuation = at(mark, source, offset);
      const char = String.fromCodePoint(source.codePointAt(offset) ?? 0);
      if (digits !== undefined) push("number", digits.length, explainNumber(digits, offset));
      else if (punctuation !== undefined) push("mark", punctuation.length);
      else if ("([{".includes(char)) push("open", 1);
      else if (")]}".includes(char)) push("close", 1);
      else push("fault", char.length, explainCharacter(source, char, offset));
    }
  }
  tokens.push({ kind: "end", text: "", start: source.length, end: source.length });
  return tokens;
}

function explainCharacter(source: string, char: string, start: number): ParseFault {
  const refuse = (code: ParseCode, message: string, hint?: string) =>
    new ParseFault(code, message, { start, end: start + char.length }, hint === undefined ? {} : { hint });
  if (smartQuote.test(char)) {
    return refuse("smart-quote", `\`${char}\` is a typographic quote`, "use a straight quote: ' or \"");
  }
  if (char === "\\") {
    const last = start + 1 >= source.trimEnd().length;
    const hint = last ? "remove it" : "a backslash continues a line only as its last character";
    return refuse("bad-character", "a backslash has no meaning here", hint);
  }
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  if (/[\p{Z}\p{C}]/u.test(char)) {
    const blank = /\p{Z}/u.test(char);
    return refuse(
      "bad-character",
      `the invisible character U+${code} has no meaning here`,
      blank ? "use a plain space" : "remove it",
    );
  }
  return refuse("bad-character", `\`${char}\` has no meaning here`, "put text in quotes");
}
