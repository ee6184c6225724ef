import { type ParseCode, ParseFault } from "../fault.ts";
import type { Span } from "../literal.ts";
import { reserved } from "../reserved.ts";
import { cut } from "./proposal.ts";
import type { Token } from "./token.ts";

/** A fault from its parts, without the ceremony of optional members. */
export function refuse(
  code: ParseCode,
  message: string,
  span: Span,
  hint?: string,
  expected?: readonly string[],
): ParseFault {
  const { start, end } = span;
  const more = { ...(hint === undefined ? {} : { hint }), ...(expected === undefined ? {} : { expected }) };
  return new ParseFault(code, message, { start, end }, more);
}

/** The same fault, with a hint if it has none. */
export function withHint(fault: ParseFault, hint: string): ParseFault {
  return fault.hint === undefined ? refuse(fault.code, fault.message, fault.span, hint, fault.expected) : fault;
}

export const constants: ReadonlySet<string> = new Set(["True", "False", "None", "true", "false", "null"]);

/** Whether a command or an argument can have this name, which has no dots. */
export const isPlainName = (text: string) =>
  text.length <= 40 && /^[A-Za-z_][A-Za-z_\d]*$/.test(text) && !reserved.has(text);

const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", ">", "<=", ">=", "<>", "in", "is", "not"]);
const wordOperators: ReadonlySet<string> = new Set(["and", "or"]);
const markOperators = /^(?:[+\-*/%@&|^~]|\*\*|\/\/|<<|>>|->)=?$/;

/**
 * What follows a finished value, a name or the call and makes it an expression, if the token does. `cure` is the hint where the
 * place knows a better one than "give the value".
 */
export function explainAfterValue(token: Token, cure?: string, computed = "give the result"): ParseFault | null {
  const { text } = token;
  if (token.kind !== "name" && token.kind !== "mark") return null;
  if (token.kind === "name" && text === "if") {
    return refuse("conditional", "`if` has no meaning here; nothing is decided", token, cure ?? "give one value");
  }
  if (token.kind === "name" && (text === "for" || text === "async")) {
    const message = `\`${text}\` has no meaning here; nothing is computed`;
    return refuse("comprehension", message, token, cure ?? "write the items out");
  }
  if (comparisons.has(text)) {
    const message = `\`${text}\` has no meaning here; nothing is compared`;
    return refuse("comparison", message, token, cure ?? "give the result: True or False");
  }
  if (wordOperators.has(text) || markOperators.test(text)) {
    return refuse("operator", `\`${text}\` has no meaning here; nothing is computed`, token, cure ?? computed);
  }
  if (text === ":=") return refuse("walrus", "`:=` has no meaning here", token, cure ?? "give the value itself");
  if (text === ".") {
    const message = "nothing can follow a value with a dot";
    return refuse("attribute", message, token, cure ?? "give the value itself");
  }
  return null;
}

const namesHold = "names have letters a to z, digits and underscores";

/** A name that cannot name a command or an argument. */
export function explainBadName(token: Token, what: "a command" | "an argument"): ParseFault | null {
  const shown = cut(token.text);
  if (reserved.has(token.text)) {
    const hint = what === "a command" ? "check the name of the command" : "check the name of the argument";
    return refuse("reserved-name", `\`${shown}\` is a word of Python and cannot name ${what}`, token, hint, ["a name"]);
  }
  if (/[^\0-\x7f]/.test(token.text)) {
    return refuse("non-ascii-name", `\`${shown}\` cannot name ${what}`, token, namesHold, ["a name"]);
  }
  return null;
}

/** Comments of other languages. Behind a value `//` may as well be Python's operator. */
export function explainComment(source: string, token: Token, isBehindValue: boolean): ParseFault | null {
  const after = source.slice(token.start + 2, token.start + 4);
  const isNote = token.text === "//" && (isBehindValue ? /^\s?[A-Za-z]/.test(after) : /^(?:\s|$)/.test(after));
  const isBlock =
    token.text === "/" &&
    source.startsWith("/*", token.start) &&
    (isBehindValue || /^(?:\s|$)/.test(after) || source.includes("*/", token.start + 3));
  if (!isNote && !isBlock) return null;
  const begin = isNote ? "//" : "/*";
  const span = { start: token.start, end: token.start + 2 };
  return refuse("bad-character", `\`${begin}\` does not begin a comment`, span, "a comment begins with `#`");
}
