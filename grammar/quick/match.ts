import { type Grammar, pexprs } from "ohm-js";
import {
  Alternation,
  type Expression,
  type MatchState,
  type OpenGrammar,
  partsOf,
  type Rule,
  Terminal,
} from "./expression.ts";
import { asciiCount, firstCharacters } from "./first.ts";
import { isRegular, patternOf } from "./pattern.ts";

// Ohm walks a grammar character by character, tries every alternative of a rule, and remembers each attempt. Three things are
// done at once instead: a word (name, number, quoted piece) is matched by one pattern, layout is skipped by one, and of
// alternatives only those are tried that can begin with the next character. All three are derived from the rules of call.ohm,
// which stays the only definition of the language; the tree is the same but for what is inside a word.

/** The body of a rule that is one word. */
export class Word extends Terminal {
  readonly pattern: RegExp;
  override obj = "";

  constructor(pattern: string) {
    super("");
    this.pattern = new RegExp(pattern, "uy");
  }

  override eval(state: MatchState): boolean {
    const { source, pos } = state.inputStream;
    // To match again costs less than to remember.
    state.doNotMemoize = true;
    this.pattern.lastIndex = pos;
    if (!this.pattern.test(source)) {
      state.processFailure(pos, this);
      return false;
    }
    // Ohm's own terminal counts what the pattern found and puts it into the tree.
    this.obj = source.slice(pos, this.pattern.lastIndex);
    return super.eval(state);
  }
}

/** The body of a rule with alternatives. */
export class Choice extends Alternation {
  readonly alternatives: readonly Expression[];
  readonly byCharacter: readonly (readonly Expression[])[];

  constructor(alternatives: readonly Expression[], rules: OpenGrammar["rules"]) {
    super(alternatives);
    this.alternatives = alternatives;
    const firsts = alternatives.map((alternative) => firstCharacters(alternative, rules));
    this.byCharacter = Array.from({ length: asciiCount }, (_, code) =>
      alternatives.filter((__, index) => firsts[index]?.has(code) ?? true),
    );
  }

  override eval(state: MatchState): boolean {
    const { inputStream } = state;
    const { pos } = inputStream;
    const next = state.inSyntacticContext() ? state.skipSpaces() : pos;
    inputStream.pos = pos;
    const possible = this.byCharacter[inputStream.source.charCodeAt(next)] ?? this.alternatives;
    for (const alternative of possible) if (state.eval(alternative)) return true;
    if (possible.length === 0) state.processFailure(next, this);
    return false;
  }
}

/** Lets a grammar whose start rule is `start` match quickly. Ohm's grammar itself is changed and given back. */
export function matchQuickly(grammar: Grammar, start: string): Grammar {
  const { rules } = grammar as OpenGrammar;
  const bodies = new Map<Rule, Expression>();
  const visit = (expression: Expression): void => {
    for (const part of partsOf(expression)) visit(part);
    const { ruleName } = expression;
    if (ruleName !== undefined) visitRule(ruleName, isRegular(expression, rules));
  };
  const visitRule = (name: string, isWord: boolean): void => {
    const rule = rules[name];
    // What the grammar inherits is ohm's own and serves other grammars too.
    if (!Object.hasOwn(rules, name) || rule === undefined || bodies.has(rule)) return;
    const { body } = rule;
    if (isWord) {
      bodies.set(rule, new Word(patternOf(body, rules)));
      return;
    }
    bodies.set(rule, body instanceof pexprs.Alt ? new Choice(body.terms as Expression[], rules) : body);
    visit(body);
  };
  visitRule(start, false);
  const layout = new RegExp(patternOf(rules["spaces"]?.body as Expression, rules), "uy");
  for (const [rule, body] of bodies) rule.body = body;
  (grammar as OpenGrammar)._matchStateInitializer = (state) => {
    const { inputStream } = state;
    const { source } = inputStream;
    state.skipSpaces = () => {
      layout.lastIndex = inputStream.pos;
      layout.test(source);
      inputStream.pos = layout.lastIndex;
      return inputStream.pos;
    };
  };
  return grammar;
}
