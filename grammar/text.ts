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

const nextPiece = /(?:[ \t\f\r\n]|#[^\r\n]*|\\(?:\r\n|[\r\n]))*([a-zA-Z]{0,2}('''|"""|'|")(?:\\.|(?!\2).)*\2)/sy;

/** Characters of the source that become characters of the value together: an escape, a line end, or a run of plain ones. */
interface Unit {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const lineEnd = /\r\n?/g;

/** The units of a piece whose body begins at `base` in the source. */
function* unitsOf(piece: Piece, base: number): Generator<Unit> {
  const raw = isRaw(piece);
  let done = 0;
  // In raw text only line ends change.
  for (const { 0: unit, index } of piece.body.matchAll(raw ? lineEnd : textUnit)) {
    if (index > done) yield { value: piece.body.slice(done, index), start: base + done, end: base + index };
    done = index + unit.length;
    yield { value: raw ? "\n" : decodeUnit(unit, false), start: base + index, end: base + done };
  }
  if (done < piece.body.length)
    yield { value: piece.body.slice(done), start: base + done, end: base + piece.body.length };
}

/** The pieces of a text literal with the offsets of their bodies; between them is only layout. */
function* piecesOf(source: string, literal: Span): Generator<readonly [piece: Piece, base: number]> {
  const next = new RegExp(nextPiece);
  next.lastIndex = literal.start;
  while (next.lastIndex < literal.end) {
    const found = next.exec(source)?.[1];
    if (found === undefined) return;
    const piece = splitPiece(found);
    yield [piece, next.lastIndex - found.length + piece.at];
  }
}

/**
 * Where a part of a text literal's value stands in the source, through escapes and adjacent pieces: a fault inside an
 * expression that is itself an argument can so be shown in the outer text. `part` are UTF-16 offsets into the value. A part of
 * an escape counts as the whole of it; nothing at all (start = end) stands where the next character begins, or the text ends.
 */
export function locateInText(source: string, literal: Span, part: Span): Span {
  let [start, end]: [number | undefined, number | undefined] = [undefined, undefined];
  let [decoded, last]: [number, number | undefined] = [0, undefined];
  for (const [piece, base] of piecesOf(source, literal)) {
    last ??= base;
    for (const unit of unitsOf(piece, base)) {
      const next = decoded + unit.value.length;
      // Plain characters, and escapes that are none, are as long here as there.
      const isPlain = unit.value.length === unit.end - unit.start;
      if (start === undefined && part.start < next) {
        start = isPlain ? unit.start + Math.max(0, part.start - decoded) : unit.start;
      }
      if (part.end > decoded && part.end <= next) end = isPlain ? unit.start + part.end - decoded : unit.end;
      // A joined line at the end is not part of it.
      if (next > decoded) last = unit.end;
      decoded = next;
    }
  }
  const from = start ?? last ?? literal.start;
  return { start: from, end: part.end > part.start ? Math.max(from, end ?? last ?? literal.end) : from };
}
