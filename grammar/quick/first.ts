import { pexprs } from "ohm-js";
import type { Expression, Rule } from "./expression.ts";

type Rules = Readonly<Record<string, Rule>>;

/** Characters beyond it are not told apart. */
export const asciiCount = 128;

function union(sets: readonly (ReadonlySet<number> | undefined)[]): ReadonlySet<number> | undefined {
  const all = new Set<number>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const code of set) all.add(code);
  }
  return all;
}

/**
 * The ASCII characters that a match of the expression can begin with; undefined where nothing is known, as of what can be empty.
 * Layout before a syntactic rule is not counted.
 */
export function firstCharacters(expression: Expression, rules: Rules): ReadonlySet<number> | undefined {
  const { obj, from, to, terms, factors, ruleName, args, expr } = expression;
  if (obj !== undefined) return obj === "" ? undefined : new Set([obj.charCodeAt(0)]);
  if (from !== undefined && to !== undefined) {
    const [low, high] = [from.charCodeAt(0), Math.min(to.charCodeAt(0), asciiCount - 1)];
    return new Set(Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index));
  }
  if (terms !== undefined) return union(terms.map((term) => firstCharacters(term, rules)));
  if (factors !== undefined) return firstOfSequence(factors, rules);
  if (ruleName !== undefined) {
    const body = rules[ruleName]?.body;
    return body === undefined || args?.length !== 0 ? undefined : firstCharacters(body, rules);
  }
  return expression instanceof pexprs.Plus && expr !== undefined ? firstCharacters(expr, rules) : undefined;
}

function firstOfSequence(factors: readonly Expression[], rules: Rules): ReadonlySet<number> | undefined {
  const seen: (ReadonlySet<number> | undefined)[] = [];
  for (const factor of factors) {
    // What only looks, and the empty text, take no character; that a look may refuse some only makes the answer too large.
    if (factor instanceof pexprs.Not || factor instanceof pexprs.Lookahead || factor.obj === "") continue;
    const canBeMissing = factor instanceof pexprs.Opt || factor instanceof pexprs.Star;
    seen.push(firstCharacters(canBeMissing ? (factor.expr as Expression) : factor, rules));
    if (!canBeMissing) return union(seen);
  }
  return undefined;
}
