/** A part of the source: UTF-16 offsets, end exclusive. */
export interface Span {
  /** The first unit. */
  readonly start: number;
  /** Behind the last unit. */
  readonly end: number;
}

/** Text. Adjacent pieces are one literal; its span runs from the first piece to the last. */
export interface StrLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "str";
  /** The text, escapes undone. */
  readonly value: string;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** Bytes: `b'…'`. Adjacent pieces are one literal. */
export interface BytesLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "bytes";
  /** The bytes, escapes undone. */
  readonly value: Uint8Array;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** `raw` is the number as written, sign included, without the layout between them. */
export interface IntLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "int";
  /** Exact, whatever its size. */
  readonly value: bigint;
  /** As written, with its sign. */
  readonly raw: string;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** A float. `raw` as for an integer. */
export interface FloatLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "float";
  /** The nearest double; infinite beyond the largest. */
  readonly value: number;
  /** As written, with its sign. */
  readonly raw: string;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** `True` or `False`; `true` and `false` too. */
export interface BoolLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "bool";
  /** What it says. */
  readonly value: boolean;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** `None`; `null` too. */
export interface NoneLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "none";
  /** Where it stands in the source. */
  readonly span: Span;
}

/** A set keeps its items as written: equal ones are not merged. */
export interface SequenceLiteral {
  /** Which brackets it has. */
  readonly kind: "list" | "tuple" | "set";
  /** As written. */
  readonly items: readonly Literal[];
  /** Where it stands in the source. */
  readonly span: Span;
}

/** One entry of a dict. */
export interface Entry {
  /** Before the colon. */
  readonly key: Literal;
  /** Behind it. */
  readonly value: Literal;
}

/** Entries as written: duplicates stay visible, and `__proto__` is a key like any other. */
export interface DictLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "dict";
  /** As written. */
  readonly entries: readonly Entry[];
  /** Where it stands in the source. */
  readonly span: Span;
}

/** A call as an argument, which only a parameter that holds an expression takes. */
export interface CallLiteral {
  /** Tells the kinds of literal apart. */
  readonly kind: "call";
  /** The call as an expression of its own: as written, but without layout before its bracket. It ends as the span does. */
  readonly text: string;
  /** What it calls; its spans are those of the outer source. */
  readonly invocation: Invocation;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** A tagged literal. Its span leaves out the parentheses that only group it. */
export type Literal =
  | StrLiteral
  | BytesLiteral
  | IntLiteral
  | FloatLiteral
  | BoolLiteral
  | NoneLiteral
  | SequenceLiteral
  | DictLiteral
  | CallLiteral;

/** A name, dots included. */
export interface Name {
  /** As written. */
  readonly text: string;
  /** Where it stands in the source. */
  readonly span: Span;
}

/** A keyword argument. */
export interface Keyword {
  /** Before the equals sign. */
  readonly name: Name;
  /** Behind it. */
  readonly value: Literal;
}

/** One parsed command expression. */
export interface Invocation {
  /** The whole expression as it was given. */
  readonly source: string;
  /** Null when the expression names no service: `command(...)`, or `call_service` with one leading text only. */
  readonly service: Name | null;
  /** What is called. */
  readonly command: Name;
  /** Positional arguments, without those that name service and command. */
  readonly args: readonly Literal[];
  /** Keyword arguments, in their order. */
  readonly kwargs: readonly Keyword[];
  /** The call, without what stands around it. */
  readonly span: Span;
}
