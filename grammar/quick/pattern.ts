import { pexprs } from "ohm-js";
import { type Expression, partsOf, type Rule } from "./expression.ts";

type Rules = Readonly<Record<string, Rule>>;

/** Whether an expression can be said by a pattern: it applies lexical rules only, and none of them within itself. */
export function isRegular(expression: Expression, rules: Rules, within: readonly string[] = []): boolean {
  const { ruleName } = expression;
  if (ruleName !== undefined) {
    const body = rules[ruleName]?.body;
    const isLexical = /^[a-z]/.test(ruleName) && partsOf(expression).length === 0;
    return (
      isLexical && body !== undefined && !within.includes(ruleName) && isRegular(body, rules, [...within, ruleName])
    );
  }
  const parts = partsOf(expression);
  if (parts.length > 0) {
    return !(expression instanceof pexprs.Lex) && parts.every((part) => isRegular(part, rules, within));
  }
  return expression instanceof pexprs.Terminal || expression instanceof pexprs.Range || expression === pexprs.end;
}

const spell = (text: string) => [...text].map((char) => `\\u{${char.codePointAt(0)?.toString(16)}}`).join("");

const isCharacter = (expression: Expression) =>
  expression instanceof pexprs.Range || (expression instanceof pexprs.Terminal && expression.obj?.length === 1);

/** The source of a `RegExp` with flag `u` that matches exactly what a regular expression of the grammar matches. */
export function patternOf(expression: Expression, rules: Rules): string {
  let groups = 0;
  // A parsing expression keeps its first choice and its longest repetition. A pattern would go back into them, but not into
  // what a lookahead has seen.
  const keep = (build: () => string) => {
    groups += 1;
    const group = groups;
    return `(?=(${build()}))\\${group}`;
  };
  const write = (expr: Expression): string => {
    const { obj, from, to, terms, factors, ruleName } = expr;
    if (obj !== undefined) return spell(obj);
    if (from !== undefined && to !== undefined) return `[${spell(from)}-${spell(to)}]`;
    if (terms?.every(isCharacter)) return `[${terms.map((term) => write(term).replace(/^\[|\]$/g, "")).join("")}]`;
    if (terms !== undefined) return keep(() => terms.map(write).join("|"));
    if (factors !== undefined) return factors.map(write).join("");
    if (ruleName !== undefined) return write(rules[ruleName]?.body as Expression);
    if (expr.expr === undefined) return "(?![^])"; // the end
    const inner = expr.expr;
    if (expr instanceof pexprs.Not) return `(?!${write(inner)})`;
    if (expr instanceof pexprs.Lookahead) return `(?=${write(inner)})`;
    const times = expr instanceof pexprs.Opt ? "?" : expr instanceof pexprs.Plus ? "+" : "*";
    return keep(() => `(?:${write(inner)})${times}`);
  };
  return write(expression);
}
