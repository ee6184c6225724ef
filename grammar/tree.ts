import type { MatchResult } from "ohm-js";
import type { Span } from "./literal.ts";

/** A node as ohm keeps it: of a rule, of a repetition, or of a piece of text. Offsets count from the rule's beginning. */
interface Kept {
  readonly ruleName?: string;
  readonly matchLength: number;
  readonly children?: readonly Kept[];
  readonly childOffsets?: readonly number[];
}

interface KeptMatch {
  readonly input: string;
  readonly _cst: Kept;
  readonly _cstOffset: number;
}

/**
 * A node of the tree that ohm has matched. Ohm's own way to walk it, its semantics, makes five objects for each node and would
 * take as long as matching; this makes one, when it is asked for.
 */
export class Tree {
  readonly source: string;
  readonly start: number;
  readonly #kept: Kept;
  /** Where the rule begins that the node belongs to. */
  readonly #base: number;

  constructor(source: string, kept: Kept, start: number, base: number) {
    this.source = source;
    this.start = start;
    this.#kept = kept;
    this.#base = base;
  }

  static of(match: MatchResult): Tree {
    const { input, _cst, _cstOffset } = match as unknown as KeptMatch; // ohm's types leave the tree out
    return new Tree(input, _cst, _cstOffset, _cstOffset);
  }

  /** The rule's name; empty for a repetition and a piece of text. */
  get rule(): string {
    return this.#kept.ruleName ?? "";
  }

  get end(): number {
    return this.start + this.#kept.matchLength;
  }

  get span(): Span {
    return { start: this.start, end: this.end };
  }

  get text(): string {
    return this.source.slice(this.start, this.end);
  }

  /** How many parts the rule has, or how often a repetition has repeated. */
  get count(): number {
    return this.#kept.children?.length ?? 0;
  }

  /** The part at this index, in the order of the rule; a repetition of several parts is one repetition for each of them. */
  at(index: number): Tree {
    const kept = this.#kept.children?.[index];
    if (kept === undefined) throw new RangeError(`the rule ${this.rule} has no part ${index}`);
    const start = this.#base + (this.#kept.childOffsets?.[index] ?? 0);
    return new Tree(this.source, kept, start, kept.ruleName === undefined ? this.#base : start);
  }

  /** What a function makes of each part. */
  map<Made>(make: (part: Tree) => Made): Made[] {
    return Array.from({ length: this.count }, (_, index) => make(this.at(index)));
  }
}
