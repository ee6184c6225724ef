import { ParseFault } from "../fault.ts";
import { explainBody } from "./escape.ts";
import { explainPrefix, explainUnclosed } from "./quote.ts";

interface ReadPiece {
  readonly end: number;
  readonly fault?: ParseFault;
}

/** Finds the end of a text that begins with this prefix and quote, and what is wrong with it, if something is. */
export function explainText(source: string, start: number, prefix: string, quote: string): ReadPiece {
  const kind = prefix.toLowerCase();
  const opened = start + prefix.length;
  const body = opened + quote.length;
  const prefixFault = explainPrefix(source, start, prefix, quote);
  if (prefixFault !== null) return { end: opened, fault: prefixFault };
  const end = findEnd(source, body, quote);
  if (end === null) {
    const stop = quote.length === 3 ? source.length : findLineEnd(source, body);
    return { end: stop, fault: explainUnclosed(source, { start, end: body }, stop, kind, quote) };
  }
  const span = { start, end: end + quote.length };
  if (kind.includes("f")) {
    const message = "a text with f would be computed; nothing is computed here";
    return { end: span.end, fault: new ParseFault("f-string", message, span, { hint: "write the finished text" }) };
  }
  const fault = explainBody(source, body, end, kind);
  return fault === undefined ? { end: span.end } : { end: span.end, fault };
}

function findEnd(source: string, from: number, quote: string): number | null {
  for (let at = from; at < source.length; at += 1) {
    const char = source[at];
    if (char === "\\") at += source.startsWith("\r\n", at + 1) ? 2 : 1;
    else if (char === quote[0] && source.startsWith(quote, at)) return at;
    else if (quote.length === 1 && (char === "\n" || char === "\r")) return null;
  }
  return null;
}

function findLineEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== "\n" && source[at] !== "\r") at += 1;
  return at;
}
