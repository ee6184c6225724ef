import { type Grammar, type PExpr, pexprs } from "ohm-js";

/** A parsing expression with what ohm keeps in it and leaves out of its types. */
export interface Expression extends PExpr {
  /** Of a terminal: its text. */
  readonly obj?: string;
  /** Of a range: its ends. */
  readonly from?: string;
  readonly to?: string;
  /** Of an alternation, a sequence, and everything that has one part. */
  readonly terms?: readonly Expression[];
  readonly factors?: readonly Expression[];
  expr?: Expression;
  /** Of a rule's application. */
  readonly ruleName?: string;
  readonly args?: readonly Expression[];
  eval(state: MatchState): boolean;
}

/** The part of ohm's matching state that an expression needs to match. */
export interface MatchState {
  readonly inputStream: { readonly source: string; pos: number };
  doNotMemoize: boolean;
  eval(expression: Expression): boolean;
  inSyntacticContext(): boolean;
  skipSpaces(): number;
  processFailure(at: number, expected: Expression): void;
}

export interface Rule {
  body: Expression;
}

/** Ohm's grammar with its rules as they can be changed; `_matchStateInitializer` runs before each match. */
export interface OpenGrammar extends Grammar {
  readonly rules: Grammar["rules"] & Record<string, Rule>;
  _matchStateInitializer?: (state: MatchState) => void;
}

// Ohm's types give these no constructors.
export const Terminal = pexprs.Terminal as unknown as new (text: string) => Expression;
export const Alternation = pexprs.Alt as unknown as new (terms: readonly Expression[]) => Expression;

export function partsOf(expression: Expression): readonly Expression[] {
  const { terms = [], factors = [], args = [], expr } = expression;
  return [...terms, ...factors, ...args, ...(expr === undefined ? [] : [expr])];
}
