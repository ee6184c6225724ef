import { ParseFault } from "../fault.ts";
import type { Span } from "../literal.ts";
import { isSmartQuote } from "./character.ts";
import { spellText, suggest } from "./proposal.ts";

// Quotes that are missing, too many, or of the wrong kind.

/** What is wrong with the letters directly before a quote. */
export function explainPrefix(source: string, start: number, prefix: string, quote: string): ParseFault | null {
  if (prefix === "") return null;
  const opened = start + prefix.length;
  const isLast = !standsOnLine(source, opened + quote.length, quote);
  if (isLast && quote.length === 1 && /^(?:\s|[,)\]}:]|$)/.test(source.charAt(opened + 1))) {
    const hint = suggest(prefix.length <= 38 ? quote + prefix + quote : undefined, "put a quote where the text begins");
    const span = { start: opened, end: opened + 1 };
    return new ParseFault("unclosed-quote", "the text before this quote has no opening quote", span, { hint });
  }
  if (/^(?:[rufb]|br|rb|fr|rf)$/i.test(prefix)) return null;
  const shown = prefix.length <= 40 ? `\`${prefix}\`` : "this";
  const rule = "only r, b, u, br and rb may stand there";
  const hint =
    prefix.length > 2 || isLast ? suggest(findContraction(source, start, opened), rule) : `remove ${shown}; ${rule}`;
  return new ParseFault("bad-prefix", `${shown} cannot stand before a quote`, { start, end: opened }, { hint });
}

/** `don't`, without quotes around it. */
function findContraction(source: string, start: number, apostrophe: number): string | undefined {
  const rest = /^'\p{L}{1,2}(?![\p{L}\p{N}'])/u.exec(source.slice(apostrophe, apostrophe + 5))?.[0];
  return rest === undefined ? undefined : spellText(source.slice(start, apostrophe) + rest);
}

/** Whether the quote stands once more before the line's end. */
function standsOnLine(source: string, from: number, quote: string): boolean {
  let at = from;
  while (at < source.length && source[at] !== "\n" && source[at] !== "\r" && source[at] !== quote[0]) at += 1;
  return source[at] === quote[0];
}

/** A text that goes on to the end of its line, or of the source when it has three quotes. */
export function explainUnclosed(source: string, opening: Span, stop: number, kind: string, quote: string): ParseFault {
  const hint = findHint(source, source.slice(opening.end, stop), stop, kind, quote);
  const more = { expected: [`\`${quote}\``], hint };
  return new ParseFault("unclosed-quote", "the text that begins here is never closed", opening, more);
}

function findHint(source: string, body: string, stop: number, kind: string, quote: string): string {
  const escaped = body.indexOf(`\\${quote}`);
  if (escaped >= 0) {
    const spelled = spellText(body.slice(0, escaped + 1));
    if (kind.includes("r") && !kind.includes("b") && spelled !== undefined)
      return `a text with r cannot end in a backslash; write ${spelled}`;
    if (kind.includes("r")) return "a text with r cannot end in a backslash";
    return "a backslash before a quote makes it part of the text; write \\\\ for a backslash";
  }
  if (quote.length === 1) {
    const wrong = findWrongQuote(body);
    if (wrong !== undefined && isSmartQuote(wrong)) {
      return `it ends with the typographic quote \`${wrong}\`; write ${quote} there`;
    }
    if (wrong !== undefined) return `it begins with ${quote} and must end with ${quote}; a ${wrong} does not end it`;
    if (closesLater(source, stop, quote)) {
      return `a text over several lines begins and ends with ${quote.repeat(3)}; or write \\n for the line end`;
    }
  }
  return `add ${quote} where the text ends`;
}

/** A quote of another kind where one ends a text: before a comma, a bracket or the end. */
function findWrongQuote(body: string): string | undefined {
  for (let at = 0; at < body.length; at += 1) {
    const char = body.charAt(at);
    const isQuote = char === "'" || char === '"' || isSmartQuote(char);
    if (isQuote && (at === body.length - 1 || /[,)\]}]/.test(body.charAt(at + 1)))) return char;
  }
  return undefined;
}

/** Whether the quotes on the lines that follow pair up only with the one that was left open. */
function closesLater(source: string, from: number, quote: string): boolean {
  let isOdd = false;
  for (let at = from; at < source.length; at += 1) if (source[at] === quote) isOdd = !isOdd;
  return isOdd;
}

/** A piece of text and, directly behind it, what cannot follow it: one of its quotes is not where it should be. */
export function explainStrayQuote(source: string, text: Span, next: Span): ParseFault {
  const quote = source.charAt(text.end - 1);
  const refuse = (message: string, span: Span, hint: string) =>
    new ParseFault("stray-quote", message, { start: span.start, end: span.end }, { expected: ["`,`"], hint });
  const doubled = findDoubled(source, text, quote);
  if (doubled !== undefined)
    return refuse("the quotes are doubled", text, suggest(spellText(doubled), "write them once"));
  const message = "the text ends at this quote, and more follows";
  const span = { start: text.end - 1, end: next.start };
  const instead = `write \\${quote} for a quote inside the text`;
  if (source[next.start] === quote && /^\s?[,)\]}]/.test(source.slice(next.start + 1, next.start + 3))) {
    return refuse(message, span, "remove one of the two quotes");
  }
  if (/,\s?.$/s.test(source.slice(Math.max(text.start + 1, text.end - 3), text.end))) {
    return refuse(message, span, `is a ${quote} missing before this place? Otherwise ${instead}`);
  }
  return refuse(message, span, `${instead}, or put the text in ${quote === "'" ? '"' : "'"}`);
}

/** What stands in ''...'', when an empty text is followed by another one on the line. */
function findDoubled(source: string, text: Span, quote: string): string | undefined {
  if (text.end - text.start !== 2) return undefined;
  const line = source.slice(text.end, text.end + 44);
  const end = line.indexOf(quote.repeat(2));
  const inner = line.slice(0, Math.max(0, end));
  return inner === "" || /['"\\\r\n]/.test(inner) ? undefined : inner;
}
