import type { Span } from "./literal.ts";

// CPython's reference, lexical analysis 2.4.1. The pieces come from the grammar and are therefore well formed.

/** One quoted piece of a literal: `rb'...'` is prefix `rb`, quote `'` and the body between. */
export interface Piece {
  readonly prefix: string;
  readonly quote: string;
  readonly body: string;
  /** Offset of the body in the piece. */
  readonly at: number;
}

const opening = /^([a-zA-Z]{0,2})('''|"""|'|")/;

export function splitPiece(text: string): Piece {
  const [all = "", prefix = "", quote = ""] = opening.exec(text) ?? [];
  return { prefix, quote, body: text.slice(all.length, text.length - quote.length), at: all.length };
}

const isRaw = (piece: Piece) => /r/i.test(piece.prefix);

const single: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\n": "",
};

// Every unit that is not itself: a line end (all three kinds read as \n) or an escape.
const textUnit = /\r\n?|\\(?:\r\n?|[0-7]{1,3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/gsu;
const bytesUnit = /\r\n?|\\(?:\r\n?|[0-7]{1,3}|x[\da-fA-F]{2}|.)/gs;

function decodeUnit(unit: string, raw: boolean): string {
  if (unit.startsWith("\r")) return "\n";
  const rest = unit.slice(1).replace(/\r\n?/, "\n");
  if (raw) return `\\${rest}`;
  const known = single[rest];
  if (known !== undefined) return known;
  if (/^[0-7]/.test(rest)) return String.fromCharCode(Number.parseInt(rest, 8));
  if (/^[xuU]./u.test(rest)) return String.fromCodePoint(Number.parseInt(rest.slice(1), 16));
  return `\\${rest}`;
}

/** The text a piece stands for. */
export function decodeText(piece: Piece): string {
  if (!/[\\\r]/.test(piece.body)) return piece.body;
  const raw = isRaw(piece);
  return piece.body.replace(textUnit, (unit) => decodeUnit(unit, raw));
}

/** The bytes a piece stands for: all ASCII, octal escapes modulo 256, and `\u` no escape at all. */
export function decodeBytes(piece: Piece): Uint8Array {
  const raw = isRaw(piece);
  const text = piece.body.replace(bytesUnit, (unit) => decodeUnit(unit, raw));
  return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
}

const nextPiece = /(?:[ \t\f\r\n]|#[^\r\n]*|\\(?:\r\n|[\r\n]))*([a-zA-Z]{0,2}('''|"""|'|")(?:\\.|(?!\2).)*\2)/gsy;

/**
 * Where a part of a text literal's value stands in the source, through escapes and adjacent pieces: a fault inside an
 * expression that is itself an argument can so be shown in the outer text.
 */
export function locateInText(source: string, literal: Span, part: Span): Span {
  const ends: { start: number | null; end: number } = { start: null, end: literal.end };
  let decoded = 0;
  let after = literal.start;
  const visit = (value: string, from: number, to: number, exact: boolean) => {
    const next = decoded + value.length;
    // A unit such as \n is one offset in the value and several in the source: it counts whole.
    if (ends.start === null && part.start < next) ends.start = exact ? from + part.start - decoded : from;
    if (part.end > decoded) ends.end = exact ? Math.min(to, from + part.end - decoded) : to;
    decoded = next;
    after = to;
  };
  nextPiece.lastIndex = literal.start;
  for (let at = literal.start; at < literal.end; ) {
    nextPiece.lastIndex = at;
    const found = nextPiece.exec(source)?.[1];
    if (found === undefined) break;
    at = nextPiece.lastIndex;
    const piece = splitPiece(found);
    const base = at - found.length + piece.at;
    const raw = isRaw(piece);
    let done = 0;
    for (const unit of piece.body.matchAll(textUnit)) {
      visit(piece.body.slice(done, unit.index), base + done, base + unit.index, true);
      done = unit.index + unit[0].length;
      visit(decodeUnit(unit[0], raw), base + unit.index, base + done, false);
    }
    visit(piece.body.slice(done), base + done, base + piece.body.length, true);
  }
  const start = ends.start ?? after;
  return { start, end: Math.max(start, part.end > part.start ? ends.end : start) };
}
