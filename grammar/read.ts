import type { Node, Semantics } from "ohm-js";
import { ParseFault } from "./fault.ts";
import type { Entry, Keyword, Literal, Name, Span } from "./literal.ts";
import { readFloat, readInteger } from "./number.ts";
import { decodeBytes, decodeText, splitPiece } from "./text.ts";

/** What the grammar's tree says, before call_service(...) is understood. */
export interface Call {
  readonly name: Name;
  readonly args: readonly Literal[];
  readonly kwargs: readonly Keyword[];
  readonly span: Span;
}

const spanOf = (node: Node): Span => ({ start: node.source.startIdx, end: node.source.endIdx });
const between = (first: Node, last: Node): Span => ({ start: first.source.startIdx, end: last.source.endIdx });

// Ohm's semantics hang their operations on the nodes without types; these three lines are the only place that trusts them.
const literal = (node: Node): Literal => node["literal"]() as Literal;
const keyword = (node: Node): Keyword => node["keyword"]() as Keyword;
const call = (node: Node): Call => node["call"]() as Call;

const literals = (first: Node, rest: Node): Literal[] => [literal(first), ...rest.children.map(literal)];
// Of an optional sequence ohm gives each part as a list of none or one.
const optionalLiterals = (first: Node, rest: Node): Literal[] =>
  [...first.children, ...rest.children.flatMap((more) => more.children)].map(literal);
const keywords = (first: Node, rest: Node): Keyword[] => [keyword(first), ...rest.children.map(keyword)];

/** The semantics of `call.ohm`: from a matched tree to literals. */
export function addReading(semantics: Semantics): (match: Parameters<Semantics>[0]) => Call {
  semantics.addOperation<Literal>("literal", {
    Value: (_guard, value) => literal(value),
    Text_text: (pieces) => readText(pieces.children),
    Text_bytes: (pieces) => readBytes(pieces.children),
    Signed: (sign, unsigned) => withSign(sign, literal(unsigned)),
    Unsigned_group: (_open, inner, _close) => literal(inner),
    decimal(_first, _underscores, _digits) {
      return readInt(this);
    },
    based(_zero, _base, _underscores, _digits) {
      return readInt(this);
    },
    float(_whole, _point, _fraction, _exponent) {
      return { kind: "float", value: readFloat(this.sourceString), raw: this.sourceString, span: spanOf(this) };
    },
    constant(word) {
      if (/^n/i.test(word.sourceString)) return { kind: "none", span: spanOf(this) };
      return { kind: "bool", value: /^t/i.test(word.sourceString), span: spanOf(this) };
    },
    List: (open, first, _commas, rest, _comma, close) => ({
      kind: "list",
      items: optionalLiterals(first, rest),
      span: between(open, close),
    }),
    Paren(open, first, commas, rest, comma, close) {
      const items = optionalLiterals(first, rest);
      const [only] = items;
      const isGroup =
        only !== undefined &&
        [commas, comma].every((part) => part.children.every((some) => some.children.length === 0));
      return isGroup ? only : { kind: "tuple", items, span: between(open, close) };
    },
    Braces_dict: (open, first, _commas, rest, _comma, close) => ({
      kind: "dict",
      entries: [first, ...rest.children].map(readEntry),
      span: between(open, close),
    }),
    Braces_set: (open, first, _commas, rest, _comma, close) => ({
      kind: "set",
      items: literals(first, rest).map((item) => hashable(item, "an item of a set")),
      span: between(open, close),
    }),
    Braces_empty: (open, close) => ({ kind: "dict", entries: [], span: between(open, close) }),
    EmptySet: (word, _open, close) => ({ kind: "set", items: [], span: between(word, close) }),
  });
  semantics.addOperation<Keyword>("keyword", {
    Keyword: (name, _equals, value) => ({
      name: { text: name.sourceString, span: spanOf(name) },
      value: literal(value),
    }),
  });
  semantics.addOperation<Pick<Call, "args" | "kwargs">>("values", {
    Arguments_positional: (first, _commas, rest, _more, firstKeyword, _comma) => ({
      args: literals(first, rest),
      kwargs: firstKeyword.children.map(keyword),
    }),
    Arguments_keywords: (first, _commas, rest, _comma) => ({ args: [], kwargs: keywords(first, rest) }),
    Arguments_none: () => ({ args: [], kwargs: [] }),
    applySyntactic: (inner) => inner["values"](),
  });
  semantics.addOperation<Call>("call", {
    call: (_layout, name, _gap, _open, inner, close, _tail, _end) => {
      const { args, kwargs } = inner["values"]() as Pick<Call, "args" | "kwargs">;
      return { name: readName(name), args, kwargs: distinct(kwargs), span: between(name, close) };
    },
  });
  return (match) => call(semantics(match) as unknown as Node); // ohm types a wrapped match as a bare dictionary
}

function readName(node: Node): Name {
  // Python allows layout around the dots: a . b is a.b.
  return { text: node.sourceString.replace(/[ \t\f\r\n\\]/g, ""), span: spanOf(node) };
}

function readInt(node: Node): Literal {
  return { kind: "int", value: readInteger(node.sourceString), raw: node.sourceString, span: spanOf(node) };
}

function readText(pieces: readonly Node[]): Literal {
  const value = pieces.map((piece) => decodeText(splitPiece(piece.sourceString))).join("");
  return { kind: "str", value, span: spanOfAll(pieces) };
}

function readBytes(pieces: readonly Node[]): Literal {
  const value = pieces.flatMap((piece) => [...decodeBytes(splitPiece(piece.sourceString))]);
  return { kind: "bytes", value: Uint8Array.from(value), span: spanOfAll(pieces) };
}

function spanOfAll(nodes: readonly Node[]): Span {
  return { start: nodes[0]?.source.startIdx ?? 0, end: nodes.at(-1)?.source.endIdx ?? 0 };
}

function withSign(sign: Node, inner: Literal): Literal {
  if (inner.kind !== "int" && inner.kind !== "float") return inner;
  const raw = sign.sourceString + inner.raw;
  const span = { start: sign.source.startIdx, end: inner.span.end };
  if (sign.sourceString === "+") return { ...inner, raw, span };
  // There is no integer -0, but a float has one.
  return inner.kind === "int"
    ? { ...inner, value: -inner.value, raw, span }
    : { ...inner, value: -inner.value, raw, span };
}

function readEntry(node: Node): Entry {
  const [key, , value] = node.children as [Node, Node, Node]; // Entry = Value ":" Value
  return { key: hashable(literal(key), "a dict key"), value: literal(value) };
}

/** Python refuses at once what it cannot hash; the tuple around it does not help. */
function hashable(item: Literal, place: string): Literal {
  if (item.kind === "list" || item.kind === "dict" || item.kind === "set") {
    const hint = item.kind === "list" ? "write a tuple: (...)" : "only what cannot change may stand there";
    throw new ParseFault("unhashable", `a ${item.kind} cannot be ${place}`, item.span, { hint });
  }
  if (item.kind === "tuple") for (const part of item.items) hashable(part, `in ${place}`);
  return item;
}

function distinct(keywords: readonly Keyword[]): readonly Keyword[] {
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
