import { type ParseCode, ParseFault } from "../fault.ts";

interface ReadPiece {
  readonly end: number;
  readonly fault?: ParseFault;
}

const backslashHint = "write \\\\ for a backslash, or r'...' for a text without escapes";

/** Finds the end of a text that begins with this prefix and quote, and what is wrong with it, if something is. */
export function explainText(source: string, start: number, prefix: string, quote: string): ReadPiece {
  const kind = prefix.toLowerCase();
  const opened = start + prefix.length;
  const body = opened + quote.length;
  if (!/^(?:[rufb]|br|rb|fr|rf)?$/.test(kind)) {
    const hint = "a text may begin with r, b, u or rb";
    return {
      end: opened,
      fault: new ParseFault(
        "bad-prefix",
        `\`${prefix}\` cannot stand before a quote`,
        { start, end: opened },
        { hint },
      ),
    };
  }
  const end = findEnd(source, body, quote);
  if (end === null) {
    const line = /[\r\n]/.exec(source.slice(body))?.index ?? source.length;
    const stop = quote.length === 3 ? source.length : body + Math.min(line, source.length - body);
    return { end: stop, fault: unclosed(source.slice(body, stop), start, body, quote) };
  }
  const span = { start, end: end + quote.length };
  if (kind.includes("f")) {
    const hint = "write the finished text; nothing is evaluated";
    return {
      end: span.end,
      fault: new ParseFault("f-string", "formatted strings are not part of the language", span, { hint }),
    };
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

function unclosed(body: string, start: number, end: number, quote: string): ParseFault {
  const escaped = body.includes(`\\${quote}`);
  const hint = escaped
    ? "a backslash before a quote makes it part of the text; write \\\\ for a backslash"
    : `add ${quote} where the text ends`;
  return new ParseFault(
    "unclosed-quote",
    "the text that begins here is never closed",
    { start, end },
    { expected: [`\`${quote}\``], hint },
  );
}

const unit = /\\(?:\r\n|.)|./gsu;
const digitsAfter: Readonly<Record<string, RegExp>> = {
  x: /^[\da-fA-F]{2}/,
  u: /^[\da-fA-F]{4}/,
  U: /^(?:000[\da-fA-F]{5}|0010[\da-fA-F]{4})/,
};
const wanted: Readonly<Record<string, string>> = {
  x: "\\x needs two hex digits",
  u: "\\u needs four hex digits",
  U: "\\U needs eight hex digits, at most 0010FFFF",
};

function explainBody(source: string, from: number, to: number, prefix: string): ParseFault | undefined {
  const bytes = prefix.includes("b");
  for (const { 0: found, index } of source.slice(from, to).matchAll(unit)) {
    const start = from + index;
    const refuse = (code: ParseCode, message: string, length: number, hint: string) =>
      new ParseFault(code, message, { start, end: start + length }, { hint });
    if (/[\0\p{Cs}]/u.test(found)) {
      const code = found
        .charCodeAt(found.length - 1)
        .toString(16)
        .toUpperCase()
        .padStart(4, "0");
      return refuse(
        "bad-character",
        `U+${code} is not a character of text`,
        found.length,
        "write it as an escape: \\u....",
      );
    }
    if (bytes && /[\u0080-\u{10ffff}]/u.test(found)) {
      return refuse(
        "bytes-not-ascii",
        "a bytes literal holds ASCII characters only",
        found.length,
        "write the byte as \\x..",
      );
    }
    if (!found.startsWith("\\") || prefix.includes("r")) continue;
    const letter = found.slice(1);
    if (bytes && letter !== "x") continue;
    if (letter === "N") {
      const end = source.slice(start, to).indexOf("}");
      const length = source.startsWith("{", start + 2) && end > 0 ? end + 1 : 2;
      return refuse(
        "named-escape",
        "characters cannot be given by name",
        length,
        "write the character itself, \\u.... or \\\\N",
      );
    }
    const digits = digitsAfter[letter];
    if (digits !== undefined && !digits.test(source.slice(start + 2, Math.min(to, start + 10)))) {
      const hex = /^[\da-fA-F]{0,8}/.exec(source.slice(start + 2, to))?.[0].length ?? 0;
      return refuse("bad-escape", wanted[letter] ?? "", 2 + hex, backslashHint);
    }
  }
  return undefined;
}
