import { type ParseCode, ParseFault } from "../fault.ts";
import { nameUnit } from "./character.ts";

// What stands between the quotes of a text.

const backslashHint = "write \\\\ for a backslash, or r'...' for a text without escapes";

const unit = /\\(?:\r\n|.)|./gsu;
const digitsAfter: Readonly<Record<string, RegExp>> = {
  x: /^[\da-fA-F]{2}/,
  u: /^[\da-fA-F]{4}/,
  U: /^(?:000[\da-fA-F]{5}|0010[\da-fA-F]{4})/,
};
const wanted: Readonly<Record<string, string>> = { x: "two", u: "four", U: "eight" };

/** The first escape or character between `from` and `to` that a text with this prefix, in lower case, cannot hold. */
export function explainBody(source: string, from: number, to: number, prefix: string): ParseFault | undefined {
  const isBytes = prefix.includes("b");
  for (const { 0: found, index } of source.slice(from, to).matchAll(unit)) {
    const start = from + index;
    const refuse = (code: ParseCode, message: string, length: number, hint: string) =>
      new ParseFault(code, message, { start, end: start + length }, { hint });
    if (/[\0\p{Cs}]/u.test(found)) {
      const char = found.slice(-1);
      const message = `${nameUnit(char)} is not a character of text`;
      return refuse("bad-character", message, found.length, hintForUnit(char, prefix));
    }
    if (isBytes && /[\u0080-\u{10ffff}]/u.test(found)) {
      const message = "a text with b holds plain ASCII characters only";
      return refuse("bytes-not-ascii", message, found.length, hintForBytes(prefix));
    }
    if (!found.startsWith("\\") || prefix.includes("r")) continue;
    const letter = found.slice(1);
    if (isBytes && letter !== "x") continue;
    if (letter === "N") {
      const length = source.startsWith("{", start + 2) ? lengthToBrace(source, start, to) : 2;
      const hint = "write the character itself, or \\\\N for a backslash and an N";
      return refuse("named-escape", "characters cannot be given by name", length, hint);
    }
    const digits = digitsAfter[letter];
    if (digits !== undefined && !digits.test(source.slice(start + 2, Math.min(to, start + 10)))) {
      const hex = /^[\da-fA-F]{0,8}/.exec(source.slice(start + 2, Math.min(to, start + 10)))?.[0] ?? "";
      const message =
        hex.length === 8
          ? `there is no character \\U${hex}`
          : `\\${letter} begins a character's code and needs ${wanted[letter]} hex digits`;
      return refuse("bad-escape", message, 2 + hex.length, backslashHint);
    }
  }
  return undefined;
}

function hintForUnit(char: string, prefix: string): string {
  if (prefix !== "" && prefix !== "u") return "remove it";
  return char === "\0" ? "write \\x00 for it" : `write \\u${char.charCodeAt(0).toString(16)} for it`;
}

function hintForBytes(prefix: string): string {
  return prefix === "b"
    ? "remove the b before the quote, or write each byte as \\x.."
    : "remove the b before the quote, or the r, and write each byte as \\x..";
}

function lengthToBrace(source: string, start: number, to: number): number {
  const end = source.slice(start, to).indexOf("}");
  return end > 0 ? end + 1 : 2;
}
