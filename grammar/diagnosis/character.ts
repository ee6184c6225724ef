import { type ParseCode, ParseFault } from "../fault.ts";
import { spellText, suggest } from "./proposal.ts";

const smartQuote = /[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c\u300d\uff02\uff07\u00b4\u2032\u2033]/;
const smartText =
  /.([^\r\n\\\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c\u300d\uff02\uff07\u00b4\u2032\u2033]{1,40})[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c\u300d\uff02\uff07\u00b4\u2032\u2033]/y;
const dash = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/;

export const isSmartQuote = (char: string) => smartQuote.test(char);

/**
 * A character that no token begins with. Where the fault has no hint, the place decides: what helps instead of a value does not
 * help behind one.
 */
export function explainCharacter(source: string, char: string, start: number): ParseFault {
  const refuse = (code: ParseCode, message: string, hint?: string) =>
    new ParseFault(code, message, { start, end: start + char.length }, hint === undefined ? {} : { hint });
  if (isSmartQuote(char)) {
    return refuse("smart-quote", `\`${char}\` is a typographic quote`, hintForSmartQuote(source, start));
  }
  if (char === "\\") return refuse("bad-character", "a backslash has no meaning here", hintForBackslash(source, start));
  if (char === "…") return refuse("bad-character", "`…` is no value", "write the values out");
  if (dash.test(char)) {
    return refuse("bad-character", `\`${char}\` is not the minus sign \`-\``, "did you mean `-`?");
  }
  const plain = findPlain(char);
  if (plain !== undefined) {
    const what = /\p{Nd}/u.test(char) ? "a plain digit" : `the plain \`${plain}\``;
    return refuse("bad-character", `\`${char}\` is not ${what}`, `did you mean \`${plain}\`?`);
  }
  const code = nameUnit(char);
  if (/\p{Z}/u.test(char)) {
    return refuse("bad-character", `a special blank (${code}) stands here`, "use a plain space");
  }
  if (/\p{C}/u.test(char)) {
    return refuse("bad-character", `an invisible character (${code}) stands here`, "remove it");
  }
  return refuse("bad-character", `\`${char}\` has no meaning here`);
}

export function nameUnit(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Proposes the straight text when the partner of the quote stands on the same line. */
function hintForSmartQuote(source: string, start: number): string {
  smartText.lastIndex = start;
  const inner = smartText.exec(source)?.[1];
  return suggest(inner === undefined ? undefined : spellText(inner), "use a straight quote: ' or \"");
}

function hintForBackslash(source: string, start: number): string {
  if (/['"]/.test(source.charAt(start + 1))) {
    return "remove the backslash; it belongs to the shell or JSON around the expression";
  }
  return /\S/.test(source.slice(start + 1)) ? "a backslash continues a line only as its last character" : "remove it";
}

/** The ASCII character that this one stands for: a wide one of a CJK keyboard, or a digit of another script. */
function findPlain(char: string): string | undefined {
  if (/[、،；]/.test(char)) return ",";
  const normal = char.normalize("NFKC");
  // What has no meaning when it is plain is not worth proposing.
  if (/^[\d(),:=+.{}[\]-]$/.test(normal)) return normal;
  if (!/\p{Nd}/u.test(char)) return undefined;
  // The decimal digits of every script stand in order, and a row of them begins with its zero.
  let value = 0;
  const code = char.codePointAt(0) ?? 0;
  while (value < 100 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value % 10);
}
