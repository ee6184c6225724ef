import type { ParseFault } from "../fault.ts";
import { reserved } from "../reserved.ts";
import { constants, explainAfterValue, isPlainName, refuse } from "./mistake.ts";
import { cut, suggest, suggestOrText, suggestText } from "./proposal.ts";
import type { Token } from "./token.ts";

// Maps: `constructor` is a name like any other.
const sure: ReadonlyMap<string, string> = new Map([
  ["none", "None"],
  ["null", "None"],
  ["nil", "None"],
  ["undefined", "None"],
  ["true", "True"],
  ["false", "False"],
  ["inf", "1e999"],
  ["infinity", "1e999"],
]);

const likely: ReadonlyMap<string, string> = new Map([
  ["yes", "True"],
  ["on", "True"],
  ["no", "False"],
  ["off", "False"],
]);

/** Words of other languages that stand before a value. */
const foreignWords: ReadonlySet<string> = new Set(["new", "typeof", "let", "var", "const", "void", "delete"]);

/** A name where a value must stand, by what follows it. `computed` is the hint for an operator, `phrase` the words it begins. */
export function explainName(token: Token, next: Token, computed: string, phrase?: string): ParseFault {
  const { text } = token;
  if (text === "lambda") return refuse("lambda", "functions cannot be written here", token, "give a value");
  if (text === "not" || text === "await" || text === "yield") {
    const hint = text === "not" ? "give the result: True or False" : "give a value";
    return refuse("operator", `\`${text}\` has no meaning here; nothing is computed`, token, hint);
  }
  if (foreignWords.has(text) && next.kind === "name") {
    return refuse("bare-name", `\`${text}\` has no meaning here`, token, "give the value itself", ["a value"]);
  }
  if (next.kind === "open" && next.text === "[") {
    return refuse("subscript", "nothing can be picked out with [...] here", next, "give the value itself");
  }
  const hint = next.kind !== "name" || phrase === undefined ? undefined : suggestText(phrase);
  return explainAfterValue(next, undefined, computed) ?? explainBareName(token, hint);
}

export function explainBareName(token: Token, hint = hintForName(token.text)): ParseFault {
  return refuse("bare-name", `the name \`${cut(token.text)}\` is not a value`, token, hint, ["a value"]);
}

function hintForName(text: string): string {
  const lower = text.toLowerCase();
  if (lower === "nan") return "there is no such number here; leave the argument out, or write None";
  const meant = sure.get(lower);
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  const near = likely.get(lower) ?? sure.get(findNear(text)?.toLowerCase() ?? "");
  return near === undefined ? suggestText(text) : suggestOrText(near, text);
}

/** Infinity with its sign, which is a name to the language. */
export function explainInfinity(sign: Token, name: Token): ParseFault | null {
  if (sure.get(name.text.toLowerCase()) !== "1e999") return null;
  const message = `the name \`${sign.text}${name.text}\` is not a value`;
  const span = { start: sign.start, end: name.end };
  return refuse("bare-name", message, span, suggest(`${sign.text}1e999`, ""), ["a number"]);
}

/**
 * The constant that a slip of the finger made this of: two letters in the wrong order, or, since no other word begins with a
 * capital so often, one letter wrong in True, False or None.
 */
function findNear(text: string): string | undefined {
  if (text.length < 3 || text.length > 6 || !isPlainName(text)) return undefined;
  return [...constants].find(
    (constant) => isSwapped(text, constant) || (/^[A-Z]/.test(constant) && isOneOff(text, constant)),
  );
}

function isSwapped(text: string, word: string): boolean {
  const at = firstDifference(text, word);
  return text === word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
}

/** One letter wrong, missing or too much. */
function isOneOff(text: string, word: string): boolean {
  const at = firstDifference(text, word);
  const [rest, wanted] = [text.slice(at), word.slice(at)];
  return rest.slice(1) === wanted.slice(1) || rest === wanted.slice(1) || rest.slice(1) === wanted;
}

function firstDifference(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  return at;
}

/** A word that is no name among the arguments, before a parenthesis: `if(1)`. */
export function explainReservedCall(token: Token): ParseFault | null {
  if (!reserved.has(token.text) || /^(?:lambda|not|await|yield)$/.test(token.text)) return null;
  const message = `\`${token.text}\` is a word of Python and cannot name a command`;
  return refuse("reserved-name", message, token, "check the name of the command", ["a name"]);
}
