import type { ParseFault } from "../fault.ts";
import { type Cursor, isMark, startsCall } from "./cursor.ts";
import { explainAfterValue, isPlainName, refuse, withHint } from "./mistake.ts";
import { arePlainValues, cut, suggest } from "./proposal.ts";
import type { Token } from "./token.ts";

// What stands where the parenthesis behind the command's name must.

export const callShape = "a command is written name(...)";

/** The command's name without its layout, and where it stands. */
interface Name {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const match = (pattern: RegExp, source: string, offset: number): RegExpExecArray | null => {
  pattern.lastIndex = offset;
  return pattern.exec(source);
};

/** The hint to remove the words before a command that follows on the same line, if one does. */
export function hintForLead(source: string, from: number): string | undefined {
  const line = /^[^\r\n]*/.exec(source.slice(from, from + 100))?.[0] ?? "";
  const name = /([A-Za-z_][\w.]{0,39})[ \t]{0,9}\(/.exec(line)?.[1];
  return name === undefined ? undefined : `remove what stands before \`${name}\``;
}

export function explainNoCall(cursor: Cursor, name: Name, next: Token): ParseFault {
  const odd = explainOddName(cursor.source, name);
  if (odd !== null) return odd;
  if (/^\.\d/.test(next.text)) {
    return refuse("not-a-call", "a name must follow the dot", next, callShape, ["a name"]);
  }
  if (next.fault !== undefined && next.fault.code !== "unclosed-quote") return withHint(next.fault, "remove it");
  if (isMark(next, "="))
    return refuse("assignment", "a result cannot be assigned", next, "write only the call", ["`(`"]);
  if (next.kind === "line") {
    const after = cursor.tokens.find((token) => token.start >= next.start && token.kind !== "line");
    if (after !== undefined && startsCall(after)) {
      const hint = `write \`${cut(name.text)}(\` on one line`;
      return refuse("line-break", "the line ends before the parenthesis", next, hint, ["`(`"]);
    }
  }
  const bracket = explainOtherBracket(cursor.source, name, next);
  if (bracket !== null) return bracket;
  const option = match(/--([A-Za-z][A-Za-z\d_]{0,39})(?=[\s=]|$)/y, cursor.source, next.start)?.[1];
  const cure = option === undefined ? undefined : `did you mean \`${cut(name.text)}(${option}=...)\`?`;
  const assigned = next.text.endsWith("=") ? "write only the call" : callShape;
  return explainAfterValue(next, cure ?? assigned) ?? explainMissing(cursor.source, name, next);
}

const hyphened = /(?:-[A-Za-z\d_]+)+(?=[ \t]*\()/y;
const ofService = /(::?|->|\/)([A-Za-z_]\w{0,39})[ \t]*\(/y;

/** Marks that people have in the names of commands elsewhere: `get-status()`, `display:show()`, `f!()`. */
function explainOddName(source: string, name: Name): ParseFault | null {
  const hyphens = match(hyphened, source, name.end)?.[0];
  if (hyphens !== undefined) {
    const joined = (name.text + hyphens).replaceAll("-", "_");
    const isGood = name.text.length + hyphens.length <= 40 && joined.split(".").every(isPlainName);
    const span = { start: name.start, end: name.end + hyphens.length };
    return refuse(
      "bad-character",
      "a command's name has no `-`",
      span,
      suggest(isGood ? joined : undefined, "write `_`"),
    );
  }
  const [mark, command] = match(ofService, source, name.end)?.slice(1) ?? [];
  if (mark !== undefined) {
    const hint = suggest(
      name.text.length <= 40 ? `call_service('${name.text}', '${command}', ...)` : undefined,
      "write call_service('service', 'command', ...)",
    );
    const span = { start: name.end, end: name.end + mark.length };
    return refuse("bad-character", `a command's name has no \`${mark}\``, span, hint, ["`(`"]);
  }
  const stray = match(/[!?$@~%&](?=\()/y, source, name.end)?.[0];
  if (stray === undefined) return null;
  const span = { start: name.end, end: name.end + 1 };
  return refuse("bad-character", `a command's name has no \`${stray}\``, span, "remove it", ["`(`"]);
}

const enclosed = /\[([^[\]\r\n]{0,40})\]\s*$|\{([^{}\r\n]{0,40})\}\s*$|<([^<>\r\n]{0,40})>\s*$/y;

/** `f[1]`, `f{1}`, `f<1>`. */
function explainOtherBracket(source: string, name: Name, next: Token): ParseFault | null {
  const found = match(enclosed, source, next.start);
  if (found === null && (next.kind !== "open" || startsCall(next))) return null;
  const inner = found?.slice(1).find((part) => part !== undefined);
  const hint = inner !== undefined && arePlainValues(inner) ? suggestCall(name, inner) : callShape;
  return refuse("missing-parentheses", "the arguments stand in round brackets", next, hint, ["`(`"]);
}

const words = /((?:[ \t]+[A-Za-z_]\w*)+)[ \t]*\((\s*\))?/y;

function explainMissing(source: string, name: Name, next: Token): ParseFault {
  const shown = cut(name.text);
  const rest = source.slice(name.end);
  const refuseMissing = (hint: string, message = `\`${shown}\` has no parentheses`) =>
    refuse("missing-parentheses", message, name, hint, ["`(`"]);
  if (/^[\s;,.:!?]*$/.test(rest) || next.kind === "end" || next.kind === "line")
    return refuseMissing(suggestCall(name, ""));
  if (/\)\s*$/.test(rest.slice(-20)) && !rest.includes("(")) {
    const hint = /^\s*\)/.test(rest) ? suggestCall(name, "") : suggestCall(name, "...");
    return refuseMissing(hint, `the \`(\` after \`${shown}\` is missing`);
  }
  const row = match(words, source, name.end);
  if (row !== null) return refuseMissing(hintForWords(name, row));
  const isBefore = next.kind === "name" || isMark(next, ":");
  const before = isBefore ? hintForLead(source, name.end) : undefined;
  return refuseMissing(before ?? `put the arguments in parentheses: \`${shown}(...)\``);
}

/** The call with these arguments, or its shape: nothing can be proposed for call_service, which asks for more. */
function suggestCall(name: Name, args: string): string {
  if (name.text === "call_service") return "write call_service('service', 'command', ...)";
  return suggest(name.text.length <= 40 ? `${name.text}(${args})` : undefined, callShape);
}

/** `get app status()`, `rustiq send f(1)`: one name with blanks in it, or words that do not belong to it. */
function hintForWords(name: Name, row: RegExpExecArray): string {
  const parts = (row[1] ?? "").trim().split(/[ \t]+/);
  const joined = [name.text, ...parts].join("_");
  const isGood = joined.length <= 40 && joined.split(".").every(isPlainName);
  if (isGood && row[2] !== undefined) return `did you mean \`${joined}()\`?`;
  const remove = `remove what stands before \`${cut(parts.at(-1) ?? "")}\``;
  return isGood ? `${remove}, or join the words: \`${joined}(...)\`` : remove;
}
