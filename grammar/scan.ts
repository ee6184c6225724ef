import { ParseFault } from "./fault.ts";

/** What an expression may cost. `bytes` are UTF-8; `nodes` counts values, names, text pieces and brackets. */
export interface Limits {
  /** Of the source in UTF-8. */
  readonly bytes: number;
  /** Brackets inside brackets; the call's own do not count. */
  readonly nesting: number;
  /** Values, names, text pieces and brackets. */
  readonly nodes: number;
  /** Of one decimal integer. */
  readonly digits: number;
}

/** What holds where nothing is said. */
export const defaultLimits: Limits = Object.freeze({ bytes: 16 * 1024, nesting: 32, nodes: 10_000, digits: 4300 });

/** What a configuration can raise the limits to: below it no input can exhaust the stack or the memory. */
export const highestLimits: Limits = Object.freeze({ bytes: 64 * 1024, nesting: 64, nodes: 50_000, digits: 4300 });

function chooseLimit(name: keyof Limits, asked: Partial<Limits>): number {
  const limit = asked[name];
  // The comparison is false for NaN, which would otherwise allow everything.
  if (limit === undefined || !(limit >= 0)) return defaultLimits[name];
  return Math.min(limit, highestLimits[name]);
}

const isWord = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || (code >= 48 && code <= 57) || code > 127;

/** Refuses what is over a limit, in one pass that knows only quotes, comments, brackets and words. */
export function checkLimits(source: string, asked: Partial<Limits> = {}): void {
  const limits = {
    bytes: chooseLimit("bytes", asked),
    nesting: chooseLimit("nesting", asked),
    nodes: chooseLimit("nodes", asked),
    digits: chooseLimit("digits", asked),
  };
  checkBytes(source, limits.bytes);
  // The call's own parentheses are not nesting.
  let depth = -1;
  let nodes = 0;
  for (let at = 0; at < source.length; ) {
    const start = at;
    const code = source.charCodeAt(at);
    if (code === 35) {
      while (at < source.length && source[at] !== "\n" && source[at] !== "\r") at += 1;
      continue;
    }
    if (code === 39 || code === 34) {
      at = skipText(source, at);
    } else if (code === 40 || code === 91 || code === 123) {
      at += 1;
      depth += 1;
      if (depth > limits.nesting) {
        const message = `brackets are nested deeper than ${limits.nesting}`;
        throw new ParseFault("too-deep", message, { start, end: at }, { hint: "put fewer brackets into one another" });
      }
    } else if (code === 41 || code === 93 || code === 125) {
      at += 1;
      depth -= 1;
      continue;
    } else if (isWord(code)) {
      while (at < source.length && isWord(source.charCodeAt(at))) at += 1;
      checkDigits(source, start, at, limits.digits);
    } else {
      at += 1;
      continue;
    }
    nodes += 1;
    if (nodes > limits.nodes) {
      const message = `more than ${limits.nodes} values, names and brackets`;
      throw new ParseFault("too-many-nodes", message, { start, end: at }, { hint: "make several commands of it" });
    }
  }
}

function checkBytes(source: string, limit: number): void {
  // Three bytes for a unit is the most UTF-8 takes, so most texts need no counting.
  if (source.length * 3 <= limit) return;
  let bytes = 0;
  for (let at = 0; at < source.length; at += 1) {
    const code = source.charCodeAt(at);
    // A surrogate is half of four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
    if (bytes > limit) {
      const message = `the expression is longer than ${limit} bytes`;
      const hint = "send large texts as files, and give their names";
      throw new ParseFault("too-long", message, { start: at, end: source.length }, { hint });
    }
  }
}

/** The offset after the text that starts here; the end of the source when it is not closed. */
function skipText(source: string, start: number): number {
  const mark = source.charAt(start);
  const long = source.startsWith(mark.repeat(3), start);
  const quote = long ? mark.repeat(3) : mark;
  for (let at = start + quote.length; at < source.length; at += 1) {
    const char = source[at];
    // A joined line may end with two characters.
    if (char === "\\") at += source.startsWith("\r\n", at + 1) ? 2 : 1;
    else if (char === mark && source.startsWith(quote, at)) return at + quote.length;
    else if (!long && (char === "\n" || char === "\r")) return at;
  }
  return source.length;
}

/** CPython limits decimal integers only, counts no underscores, and does not mind zeros alone. */
function checkDigits(source: string, start: number, end: number, limit: number): void {
  if (end - start <= limit) return;
  const word = source.slice(start, end);
  if (!/^[0-9_]+$/.test(word) || !/[1-9]/.test(word) || source[end] === "." || source[start - 1] === ".") return;
  const digits = word.replaceAll("_", "").length;
  if (digits > limit) {
    const message = `an integer of ${digits} digits; at most ${limit} can be read`;
    throw new ParseFault("too-many-digits", message, { start, end }, { hint: "write it in hex: 0x..." });
  }
}
