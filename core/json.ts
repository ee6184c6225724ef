/** Where a JSON text breaks; line and column count from 1, columns in UTF-16 units. Holds no more than one sign of the text. */
interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly found: string;
  readonly expected: string;
  readonly hint: string;
}

interface JsonDuplicate {
  readonly path: readonly (string | number)[];
  readonly line: number;
  readonly column: number;
}

type JsonAnswer =
  | { readonly fault: JsonFault }
  | { readonly value: unknown; readonly duplicates: readonly JsonDuplicate[] };

const deepest = 64;
const words = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const foreignWords = ["True", "False", "None", "undefined", "NaN", "Infinity"];

class Broken extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(fault.expected);
    this.fault = fault;
  }
}

/**
 * Reads JSON (RFC 8259) as `JSON.parse` does, but says where and why it is broken without quoting it, and tells members that
 * stand twice (the last one counts). A member named `__proto__` is refused; nesting goes 64 deep.
 */
export function parseJson(text: string): JsonAnswer {
  try {
    return new JsonReader(text).readDocument();
  } catch (thrown) {
    if (thrown instanceof Broken) return { fault: thrown.fault };
    throw thrown;
  }
}

class JsonReader {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  readonly #duplicates: JsonDuplicate[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonAnswer {
    const value = this.#readValue("a JSON value");
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#broken("the end of the text", "remove what follows the value");
    return { value, duplicates: this.#duplicates };
  }

  #readValue(expected: string): unknown {
    this.#skipSpace();
    const sign = this.#text[this.#at] ?? "";
    if (sign === "{") return this.#readObject();
    if (sign === "[") return this.#readArray();
    if (sign === '"') return this.#readString();
    const number = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y);
    if (number !== undefined) return Number(number);
    const start = this.#at;
    const word = this.#match(/[A-Za-z]+(?!\w)/y);
    if (word !== undefined && words.has(word)) return words.get(word);
    this.#at = start;
    if (/[-+.\d]/.test(sign))
      throw this.#broken("a number such as 8015 or -0.5", "write it without leading zeros or signs");
    throw this.#broken(expected, "JSON knows texts in double quotes, numbers, true, false, null, lists and objects");
  }

  #readObject(): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    this.#open();
    if (this.#take("}")) return members;
    for (;;) {
      this.#skipSpace();
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#broken("a member name in double quotes", this.#commaHint("}"));
      const name = this.#readString();
      if (name === "__proto__")
        throw this.#fault(start, "a member named __proto__", "another name", "rename the member");
      this.#path.push(name);
      if (Object.hasOwn(members, name)) this.#duplicates.push({ path: [...this.#path], ...this.#position(start) });
      if (!this.#take(":")) throw this.#broken("a colon after the member name", "write : between name and value");
      members[name] = this.#readValue("a value after the colon");
      this.#path.pop();
      if (this.#take("}")) return members;
      if (!this.#take(","))
        throw this.#broken("a comma or }", this.#quoteHint("put a comma between members and } after the last"));
    }
  }

  #readArray(): unknown[] {
    const items: unknown[] = [];
    this.#open();
    if (this.#take("]")) return items;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] === "]") throw this.#broken("a value", this.#commaHint("]"));
      this.#path.push(items.length);
      items.push(this.#readValue("a value"));
      this.#path.pop();
      if (this.#take("]")) return items;
      if (!this.#take(","))
        throw this.#broken("a comma or ]", this.#quoteHint("put a comma between values and ] after the last"));
    }
  }

  #open(): void {
    if (this.#path.length >= deepest) throw this.#broken(`at most ${deepest} levels`, "nest the members less deep");
    this.#at += 1;
  }

  #readString(): string {
    const start = this.#at;
    this.#at += 1;
    do {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside a text
      this.#match(/[^"\\\u0000-\u001f]*/y);
    } while (this.#match(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y) !== undefined);
    const sign = this.#text[this.#at];
    if (sign === "\\") throw this.#broken('an escape such as \\n, \\" or \\u00e9', "write a backslash itself as \\\\");
    if (sign === undefined)
      throw this.#fault(start, "a text that never ends", "a closing double quote", "close the text");
    if (sign !== '"') throw this.#broken("a closing double quote", "write line breaks as \\n and tabs as \\t");
    this.#at += 1;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    this.#match(/[ \t\r\n]*/y);
  }

  #take(sign: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  /** A text that ends right before a word has most likely a quote in it. */
  #quoteHint(otherwise: string): string {
    const isInText = this.#text[this.#at - 1] === '"' && /[\w.]/.test(this.#text[this.#at] ?? "");
    return isInText ? 'write a double quote inside a text as \\"; a command can have single ones' : otherwise;
  }

  #commaHint(closing: string): string {
    if (this.#text[this.#at] !== closing) return "write names in double quotes";
    return "JSON has no comma after the last one; remove it";
  }

  #position(at: number): { line: number; column: number } {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    return { line, column: at - before.lastIndexOf("\n") };
  }

  #broken(expected: string, hint: string, at = this.#at): Broken {
    const sign = this.#text[at];
    const foreign = foreignWords.find((word) => this.#text.startsWith(word, at));
    if (sign === undefined) return this.#fault(at, "the end of the text", expected, hint);
    if (foreign !== undefined)
      return this.#fault(at, foreign, expected, "JSON writes true, false and null, all lower case");
    if (sign === "/" || sign === "#") return this.#fault(at, `"${sign}"`, expected, "JSON has no comments; remove it");
    if (/['‘’“”`]/.test(sign)) return this.#fault(at, sign, expected, 'write texts in straight double quotes: "…"');
    return this.#fault(at, sign === '"' ? "a double quote" : JSON.stringify(sign), expected, hint);
  }

  #fault(at: number, found: string, expected: string, hint: string): Broken {
    return new Broken({ ...this.#position(at), found, expected, hint });
  }
}
