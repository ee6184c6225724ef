import { type ParseCode, ParseFault } from "../fault.ts";
import type { Span } from "../literal.ts";
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

export const reserved: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda nonlocal not or pass raise return try while with yield __debug__"
  ).split(" "),
);

export const constants: ReadonlySet<string> = new Set(["True", "False", "None", "true", "false", "null"]);

const nearConstants: Readonly<Record<string, string>> = {
  none: "None",
  null: "None",
  nil: "None",
  undefined: "None",
  true: "True",
  yes: "True",
  on: "True",
  false: "False",
  no: "False",
  off: "False",
  inf: "1e999",
  infinity: "1e999",
};

const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", ">", "<=", ">=", "<>", "in", "is", "not"]);
const wordOperators: ReadonlySet<string> = new Set(["and", "or"]);
const markOperators = /^(?:[+\-*/%@&|^~]|\*\*|\/\/|<<|>>|->)=?$/;

/** What follows a finished value or a name and makes it an expression, if the token does. */
export function explainAfterValue(token: Token, previous: Token): ParseFault | null {
  const { text } = token;
  if (token.kind === "name") {
    if (text === "if")
      return refuse("conditional", "conditional expressions are not part of the language", token, "give one value");
    if (text === "for" || text === "async") {
      return refuse("comprehension", "comprehensions are not part of the language", token, "write the items out");
    }
  }
  if (token.kind !== "name" && token.kind !== "mark") return null;
  if (comparisons.has(text))
    return refuse("comparison", "comparisons are not part of the language", token, "give the result: True or False");
  if (wordOperators.has(text) || markOperators.test(text)) {
    const joined = text === "+" && previous.kind === "text";
    const hint = joined ? "texts side by side are joined: 'a' 'b'" : "give the result itself; nothing is computed";
    return refuse("operator", `the operator \`${text}\` is not part of the language`, token, hint);
  }
  if (text === ":=")
    return refuse(
      "walrus",
      "assignment expressions are not part of the language",
      token,
      "for a keyword argument write `=`",
    );
  if (text === ".")
    return refuse("attribute", "attribute access is not part of the language", token, attributeHint(previous));
  return null;
}

function attributeHint(previous: Token): string {
  return previous.kind === "name" ? "put text in quotes" : "give the value itself";
}

/** A name where a value must stand. */
export function explainName(token: Token, next: Token, isCommandShape: boolean): ParseFault {
  const { text } = token;
  if (text === "lambda") return refuse("lambda", "functions cannot be written here", token, "give a value");
  if (text === "not")
    return refuse(
      "operator",
      "the operator `not` is not part of the language",
      token,
      "give the result: True or False",
    );
  if (text === "await" || text === "yield") {
    return refuse("operator", `\`${text}\` is not part of the language`, token, "give a value");
  }
  if (next.kind === "open" && next.text === "(" && !reserved.has(text)) {
    const hint = `if the parameter takes an expression, put it in quotes: '${text}(...)'`;
    return refuse("nested-call", "a call cannot be an argument", token, hint);
  }
  if (isCommandShape) {
    const hint = `if the parameter takes an expression, put it in quotes: '${text}...'`;
    return refuse("nested-call", "a call cannot be an argument", token, hint);
  }
  if (next.kind === "open" && next.text === "[") {
    return refuse("subscript", "indexing is not part of the language", next, "give the value itself");
  }
  const after = explainAfterValue(next, token);
  if (after !== null) return after;
  const meant = nearConstants[text.toLowerCase()] ?? `'${text}'`;
  const message = `the name \`${text}\` is not a value`;
  return refuse("bare-name", message, token, `did you mean \`${meant}\`?`, ["a value"]);
}

/** A name that cannot name a command or an argument. */
export function explainBadName(token: Token, what: string): ParseFault | null {
  if (reserved.has(token.text)) {
    return refuse(
      "reserved-name",
      `\`${token.text}\` is a word of the language and cannot be ${what}`,
      token,
      "choose another name",
      ["a name"],
    );
  }
  if (/[^\0-\x7f]/.test(token.text)) {
    const hint = "names have letters a to z, digits and underscores";
    return refuse("non-ascii-name", `\`${token.text}\` cannot be ${what}`, token, hint, ["a name"]);
  }
  return null;
}
