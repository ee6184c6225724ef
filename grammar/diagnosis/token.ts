import type { ParseFault } from "../fault.ts";
import { explainCharacter } from "./character.ts";
import { explainNumber, isNumber } from "./number.ts";
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

// A joined line is none at the very end. Each line end has its own look ahead: CR LF must not be tried again as CR alone.
const layout = /(?:[ \t\f]|\\(?:\r\n(?!$)|\n(?!$)|\r(?!\n|$))|#[^\n\r\0\p{Cs}]*)+/uy;
const lineEnd = /\r\n|\n|\r/y;
const word = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const number = /0[xX][\w.]*|\.?\d(?:[eE][+-](?=\d|\W|$)|[\w.])*/y;
const mark = /\.\.\.|:=|->|=>|\*\*=?|\/\/=?|<<=?|>>=?|<>|[=!<>+\-*/%@&|^]=|[=!<>+\-*/%@&|^~.,:;?$`]/y;
const openingQuote = /'''|"""|'|"/y;
// `1if x else 2`: CPython ends the number before the word.
const wordAfterNumber = /(?:if|for|in|is|and|or|not|else)$/;

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
      const digits = readNumber(source, offset);
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

function readNumber(source: string, offset: number): string | undefined {
  const text = at(number, source, offset);
  if (text === undefined || source[offset + text.length] !== " ") return text;
  const before = text.slice(0, text.length - (wordAfterNumber.exec(text.slice(-4))?.[0].length ?? 0));
  return before !== text && isNumber(before) ? before : text;
}
