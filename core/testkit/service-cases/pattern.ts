/** A reader of the simple part of regular expressions: texts, classes, groups, choices and how often each comes. */
class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** A text that the pattern takes; undefined for what is not simple. */
  readAll(): string | undefined {
    const text = this.#readChoice();
    return this.#at === this.#source.length ? text : undefined;
  }

  /** The first choice is taken; the others are only read over. */
  #readChoice(): string | undefined {
    const first = this.#readSequence();
    while (this.#take("|")) if (this.#readSequence() === undefined) return undefined;
    return first;
  }

  #readSequence(): string | undefined {
    let text = "";
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at] ?? "")) {
      if (this.#take("^") || this.#take("$")) continue;
      const atom = this.#readAtom();
      const times = this.#readTimes();
      if (atom === undefined || times === undefined) return undefined;
      text += atom.repeat(times);
    }
    return text;
  }

  #readAtom(): string | undefined {
    if (this.#take("(")) {
      if (this.#take("?") && !this.#take(":") && this.#match(/<\w+>/y) === undefined) return undefined;
      const inner = this.#readChoice();
      return this.#take(")") ? inner : undefined;
    }
    if (this.#take("[")) return this.#readClass();
    if (this.#take("\\")) return this.#readEscape();
    if (this.#take(".")) return "a";
    return this.#next();
  }

  #readClass(): string | undefined {
    const isNot = this.#take("^");
    const from = this.#at;
    const first = this.#take("\\") ? this.#readEscape() : this.#next();
    // The rest of the class does not matter, but its end does.
    if (this.#match(/(?:\\.|[^\]\\])*\]/y) === undefined) return undefined;
    if (!isNot) return first;
    const refused = new RegExp(`[${this.#source.slice(from, this.#at)}`);
    return ["a", "0", "A", "-", " "].find((sign) => !refused.test(sign));
  }

  #readEscape(): string | undefined {
    const sign = this.#next() ?? "";
    const classes: Readonly<Record<string, string>> = {
      d: "1",
      w: "a",
      s: " ",
      D: "a",
      W: "-",
      S: "a",
      t: "\t",
      n: "\n",
    };
    if (Object.hasOwn(classes, sign)) return classes[sign];
    return /[\w]/.test(sign) ? undefined : sign;
  }

  /** How often the atom before comes: as seldom as it may. */
  #readTimes(): number | undefined {
    const sign = this.#match(/[*+?]|\{\d+(?:,\d*)?\}/y);
    this.#take("?");
    if (sign === undefined || sign === "+") return 1;
    const least = /\d+/.exec(sign)?.[0];
    const times = least === undefined ? 0 : Number(least);
    return times > 1000 ? undefined : times;
  }

  #take(sign: string): boolean {
    if (this.#source[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #next(): string | undefined {
    return this.#source[this.#at++];
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** A text that a simple pattern takes; undefined where none was found. */
export function sampleOfPattern(source: string): string | undefined {
  try {
    const text = new PatternReader(source).readAll();
    return text !== undefined && new RegExp(source, "u").test(text) ? text : undefined;
  } catch {
    // A pattern that is not for the "u" of JSON Schema, or none at all.
    return undefined;
  }
}
