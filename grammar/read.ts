import { ParseFault } from "./fault.ts";
import type { Entry, Keyword, Literal, Name, Span } from "./literal.ts";
import { readFloat, readInteger } from "./number.ts";
import { type Call, understandCall } from "./service.ts";
import { decodeBytes, decodeText, splitPiece } from "./text.ts";
import type { Tree } from "./tree.ts";

/** Reads the tree of a match of `call.ohm`: the numbers below are the places of the parts in its rules. */
export class Reading {
  readonly #takesCalls: boolean;
  /** The first call among the arguments. */
  nested: Span | undefined;

  constructor(takesCalls: boolean) {
    this.#takesCalls = takesCalls;
  }

  /** call = spaces name gap "(" Arguments ")" tail end */
  readCall(tree: Tree): Call {
    const name = tree.at(1);
    const span = { start: name.start, end: tree.at(5).end };
    // Python allows layout around the dots: a . b is a.b.
    const text = name.text.replace(/[ \t\f\r\n\\]/g, "");
    return { name: { text, span: name.span }, ...this.#readArguments(tree.at(4).at(0)), span };
  }

  #readArguments(tree: Tree): Pick<Call, "args" | "kwargs"> {
    const list = tree.at(0);
    if (list.rule === "Arguments_keywords") {
      const keywords = [...this.#readKeywords(list.at(0)), ...this.#readKeywords(list.at(2))];
      return { args: [], kwargs: refuseRepeated(keywords) };
    }
    // Value ("," Value)* ("," Keyword)* ","?
    const args = [this.#read(list.at(0)), ...this.#readAll(list.at(2))];
    return { args, kwargs: refuseRepeated(this.#readKeywords(list.at(4))) };
  }

  /** Keyword = ident "=" Value */
  #readKeywords(repeated: Tree): Keyword[] {
    return repeated.map((keyword) => {
      const name = keyword.at(0);
      return { name: { text: name.text, span: name.span }, value: this.#read(keyword.at(2)) };
    });
  }

  #readAll(repeated: Tree): Literal[] {
    return repeated.map((value) => this.#read(value));
  }

  /** What repeats with commas, and what may stand last without one. */
  #readItems(repeated: Tree, last: Tree): Literal[] {
    const items = this.#readAll(repeated);
    if (last.count > 0) items.push(this.#read(last.at(0)));
    return items;
  }

  /** Value = Text | number | … */
  #read(value: Tree): Literal {
    const tree = value.at(0);
    switch (tree.rule) {
      case "Text":
        return readText(tree);
      case "number":
        return readNumber(tree);
      case "constant":
        return readConstant(tree);
      case "Signed":
        return readSigned(tree);
      case "List":
        return { kind: "list", items: this.#readItems(tree.at(1), tree.at(3)), span: tree.span };
      case "Paren":
        return this.#readParen(tree);
      case "Braces":
        return this.#readBraces(tree.at(0));
      case "EmptySet":
        return { kind: "set", items: [], span: tree.span };
      default:
        return this.#readNested(tree);
    }
  }

  /** Paren = "(" (Value ",")* Value? ")" */
  #readParen(tree: Tree): Literal {
    const repeated = tree.at(1);
    const items = this.#readItems(repeated, tree.at(3));
    const [only] = items;
    return only !== undefined && repeated.count === 0 ? only : { kind: "tuple", items, span: tree.span };
  }

  #readBraces(tree: Tree): Literal {
    const { span } = tree;
    if (tree.rule === "Braces_set") {
      const items = this.#readItems(tree.at(1), tree.at(3));
      for (const item of items) refuseUnhashable(item, "an item of a set");
      return { kind: "set", items, span };
    }
    // "{" (Value ":" Value ",")* (Value ":" Value)? "}"
    const keys = this.#readItems(tree.at(1), tree.at(5));
    const values = this.#readItems(tree.at(3), tree.at(7));
    const entries = keys.map((key, index): Entry => {
      refuseUnhashable(key, "a dict key");
      return { key, value: values[index] as Literal };
    });
    return { kind: "dict", entries, span };
  }

  /** Nested = ident ("." ident)* "(" Arguments ")" */
  #readNested(tree: Tree): Literal {
    const { span, source } = tree;
    if (this.nested === undefined || span.start < this.nested.start) this.nested = span;
    // What is refused anyway is not looked into.
    if (!this.#takesCalls) return { kind: "none", span };
    const parts = [tree.at(0), ...tree.at(2).map((part) => part)];
    const name: Name = {
      text: parts.map(({ text }) => text).join("."),
      span: { start: span.start, end: parts.at(-1)?.end ?? span.start },
    };
    const call = { name, ...this.#readArguments(tree.at(4)), span };
    // Among arguments a line may end before the bracket; in an expression of its own it may not.
    const text = name.text + source.slice(tree.at(3).start, span.end);
    return { kind: "call", text, invocation: understandCall(source, call), span };
  }
}

function readConstant({ text, span }: Tree): Literal {
  if (/^n/i.test(text)) return { kind: "none", span };
  return { kind: "bool", value: /^t/i.test(text), span };
}

function readNumber({ text, span }: Tree): Literal {
  // Only a float has a point or, unless it is hex, an e.
  if (/[.]|^[^xX]*[eE]/.test(text)) return { kind: "float", value: readFloat(text), raw: text, span };
  return { kind: "int", value: readInteger(text), raw: text, span };
}

function readText(tree: Tree): Literal {
  const { span } = tree;
  const pieces = tree.at(0).map(({ text }) => splitPiece(text));
  if (!/b/i.test(pieces[0]?.prefix ?? "")) return { kind: "str", value: pieces.map(decodeText).join(""), span };
  return { kind: "bytes", value: Uint8Array.from(pieces.flatMap((piece) => [...decodeBytes(piece)])), span };
}

/** Signed = ("-" | "+") Unsigned, Unsigned = number | "(" Unsigned ")" */
function readSigned(tree: Tree): Literal {
  let unsigned = tree.at(1).at(0);
  while (unsigned.rule === "Unsigned_group") unsigned = unsigned.at(1).at(0);
  const number = readNumber(unsigned) as Extract<Literal, { raw: string }>;
  const sign = tree.at(0).text;
  const more = { raw: sign + number.raw, span: tree.span };
  if (sign === "+") return { ...number, ...more };
  // There is no integer -0, but a float has one.
  return number.kind === "int"
    ? { ...number, value: -number.value, ...more }
    : { ...number, value: -number.value, ...more };
}

/** Python refuses at once what it cannot hash; the tuple around it does not help. */
function refuseUnhashable(item: Literal, place: string): void {
  if (item.kind === "list" || item.kind === "dict" || item.kind === "set") {
    const hint =
      item.kind === "list" ? "write a tuple: (...)" : "give a text, a number, a constant, or a tuple of those";
    throw new ParseFault("unhashable", `a ${item.kind} cannot be ${place}`, item.span, { hint });
  }
  if (item.kind === "tuple")
    for (const part of item.items) refuseUnhashable(part, `part of ${place.replace("part of ", "")}`);
}

function refuseRepeated(keywords: readonly Keyword[]): readonly Keyword[] {
  const seen = new Set<string>();
  for (const { name } of keywords) {
    if (seen.has(name.text)) {
      const hint = "keep one of them";
      throw new ParseFault("repeated-keyword", `the argument \`${name.text}\` is given twice`, name.span, { hint });
    }
    seen.add(name.text);
  }
  return keywords;
}
