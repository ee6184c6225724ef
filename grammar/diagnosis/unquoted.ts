import type { ParseFault } from "../fault.ts";
import { reserved } from "../reserved.ts";
import { isSmartQuote } from "./character.ts";
import type { Frame, State } from "./cursor.ts";
import { constants, isPlainName, refuse } from "./mistake.ts";
import { cut, suggest, suggestText } from "./proposal.ts";
import type { Token } from "./token.ts";

// Ids, file names, paths, addresses, dates: what people write where a value must stand, and forget the quotes.

/** Whether the item is the key of a dict, or may still become one: a colon ends it. */
const isKey = (frame: Frame) => frame.kind === "brace" && !frame.named;

const run = /(?:[^\s\p{Z}\p{C},;'"`()[\]{}<>=#\\，、；（）：＝]|\\(?![\r\n]|$))+/uy;
const numberRun = /[\p{L}\p{N}\p{M}_.:/+\-%@°\p{Sc}–—]+/uy;
const address = /[^\s\p{Z}\p{C},'"`()[\]{}<>]+/uy;

const match = (pattern: RegExp, source: string, offset: number): string => {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0] ?? "";
};

/** What stands at an offset without a blank, a bracket, a quote or a comma in it. */
function readRun(pattern: RegExp, source: string, offset: number, endsAtColon: boolean): string {
  const found = match(pattern, source, offset);
  const colon = endsAtColon ? found.search(/:(?![\\/])/) : -1;
  let end = colon < 0 ? found.length : colon;
  while (end > 0 && (found[end - 1] === ":" || isSmartQuote(found.charAt(end - 1)))) end -= 1;
  return found.slice(0, end);
}

function textWithoutQuotes(written: string, start: number): ParseFault {
  const code = /^[\p{ID_Start}_]\p{ID_Continue}*(?:\.\p{ID_Continue}+)+$/u.test(written) ? "attribute" : "bare-name";
  const span = { start, end: start + written.length };
  return refuse(code, `\`${cut(written)}\` is text without quotes`, span, suggestText(written), ["a value"]);
}

/** A name that goes on: `monitoring-1.0`, `a.png`, `https://x.org/a`, `C:\temp`. */
export function explainUnquotedName(state: State, frame: Frame, token: Token): ParseFault | null {
  const { source } = state;
  const written = readRun(run, source, token.start, isKey(frame));
  if (/^[A-Za-z]\w*:\/\//.test(written)) {
    return textWithoutQuotes(match(address, source, token.start), token.start);
  }
  const rest = written.slice(token.text.length);
  // None.x, lambda:0 and key:value are mistakes of their own.
  if (rest === "" || token.text === "lambda" || (constants.has(token.text) && rest.startsWith("."))) return null;
  if (frame.kind === "call" && !frame.named && /^:(?![\\/:])/.test(rest)) return null;
  const end = token.start + written.length;
  if (/^['"<>]/.test(source.slice(end, end + 1))) return null;
  const next = match(/\s*[([{=]=?/y, source, end).trim();
  if (next === "=" && frame.kind === "call" && !frame.named) return explainKeywordName(written, token.start);
  return next === "" || next === "==" ? textWithoutQuotes(written, token.start) : null;
}

function explainKeywordName(written: string, start: number): ParseFault | null {
  const mark = /[^\p{ID_Continue}]/u.exec(written)?.[0] ?? "";
  const what = mark === "." ? "dots" : mark === "-" ? "`-`" : undefined;
  if (what === undefined) return null;
  const joined = written.replaceAll("-", "_");
  const hint = suggest(isPlainName(joined) ? `${joined}=` : undefined, "write name=value");
  const span = { start, end: start + written.length };
  return refuse("bad-keyword", `the name of an argument has no ${what}`, span, hint, ["a name"]);
}

const thousands = /\d{1,3}(?:'\d{3})+(?![\w'])/y;
// A date with its time, a telephone number.
const spaced = /(?:\d{4}-\d\d-\d\d \d{1,2}:\d\d[\d:.]*|0\d+(?: \d{2,})+(?!\w))/y;
const dateOrTime = /^\d+([-:/])\d+(?:\1\d+)+|^\d+:\d+/;

/**
 * A number that goes on: `50%`, `10:30`, `1.2.3-beta`. `start` is where its sign stands, if it has one. A good number before an
 * operator is a mistake of another kind.
 */
export function explainUnquotedNumber(
  state: State,
  frame: Frame,
  token: Token,
  start = token.start,
): ParseFault | null {
  const { source } = state;
  const grouped = match(thousands, source, token.start);
  if (grouped !== "")
    return notANumber(grouped, token.start, suggest(grouped.replaceAll("'", ""), "leave out the quotes"));
  const written = match(spaced, source, token.start) || readRun(numberRun, source, token.start, isKey(frame));
  const rest = written.slice(token.text.length);
  // In `1if x else 2` the tokens have parted already.
  if (rest === "" || reserved.has(rest) || token.fault?.code === "complex") return null;
  const isOperator = /^(?:[-+*/@]|%\w)/.test(rest) && !dateOrTime.test(written) && !rest.includes(" ");
  if (token.fault === undefined && isOperator) return null;
  const whole = source.slice(start, token.start) + written;
  return notANumber(whole, start, suggestText(whole));
}

function notANumber(written: string, start: number, hint: string): ParseFault {
  const span = { start, end: start + written.length };
  return refuse("bad-number", `\`${cut(written)}\` is not a number`, span, hint, ["a number"]);
}

const cron = /(?=[^,)\r\n]{0,60}\*)(?:[\d*/-]{1,20} ){4}[\d*/-]{1,20}(?=\s*[,)\]}])/y;

/** Five fields of cron, of which one at least is a star: their blanks would make them five arguments. */
export function explainUnquotedCron(state: State, token: Token): ParseFault | null {
  const written = match(cron, state.source, token.start);
  return written === "" ? null : textWithoutQuotes(written, token.start);
}

/** What no value begins with, but a path, a pattern or a price: `/media/usb`, `~/a`, `*.png`, `\\server\share`, `$5`. */
export function explainUnquotedMark(state: State, token: Token): ParseFault | null {
  const { source } = state;
  const isPath = /^(?:\/|~[\w.-]*\/|\.(?!\.\.(?!\.)))/.test(source.slice(token.start, token.start + 40));
  if (isPath) return textWithoutQuotes(match(address, source, token.start), token.start);
  const written = readRun(run, source, token.start, false);
  const isText = /^(?:\*{1,2}[./]|[\p{Sc}].|\\[^\\]*\\.)/su.test(written.slice(0, 80)) || /^\\\\\w/.test(written);
  return isText ? textWithoutQuotes(written, token.start) : null;
}

/** Names the text that begins at an offset, for a hint: `@param` for `@`. */
export function suggestRun(source: string, start: number): string {
  const written = match(run, source, start);
  return written.length > 0 ? suggestText(written) : "put text in quotes";
}
