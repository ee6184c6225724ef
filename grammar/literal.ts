/** A part of the source: UTF-16 offsets, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Text. Adjacent pieces are one literal; its span runs from the first piece to the last. */
export interface StrLiteral {
  readonly kind: "str";
  readonly value: string;
  readonly span: Span;
}

export interface BytesLiteral {
  readonly kind: "bytes";
  readonly value: Uint8Array;
  readonly span: Span;
}

/** `raw` is the number as written, sign included, without the layout between them. */
export interface IntLiteral {
  readonly kind: "int";
  readonly value: bigint;
  readonly raw: string;
  readonly span: Span;
}

export interface FloatLiteral {
  readonly kind: "float";
  readonly value: number;
  readonly raw: string;
  readonly span: Span;
}

export interface BoolLiteral {
  readonly kind: "bool";
  readonly value: boolean;
  readonly span: Span;
}

export interface NoneLiteral {
  readonly kind: "none";
  readonly span: Span;
}

/** A set keeps its items as written: equal ones are not merged. */
export interface SequenceLiteral {
  readonly kind: "list" | "tuple" | "set";
  readonly items: readonly Literal[];
  readonly span: Span;
}

export interface Entry {
  readonly key: Literal;
  readonly value: Literal;
}

/** Entries as written: duplicates stay visible, and `__proto__` is a key like any other. */
export interface DictLiteral {
  readonly kind: "dict";
  readonly entries: readonly Entry[];
  readonly span: Span;
}

/** A call as an argument, which only a parameter that holds an expression takes. */
export interface CallLiteral {
  readonly kind: "call";
  /** The call as an expression of its own: as written, but without layout before its bracket. It ends as the span does. */
  readonly text: string;
  readonly invocation: Invocation;
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

export interface Name {
  readonly text: string;
  readonly span: Span;
}

export interface Keyword {
  readonly name: Name;
  readonly value: Literal;
}

/** One parsed command expression. */
export interface Invocation {
  readonly source: string;
  /** Null when the expression names no service: `command(...)`, or `call_service` with one leading text only. */
  readonly service: Name | null;
  readonly command: Name;
  readonly args: readonly Literal[];
  readonly kwargs: readonly Keyword[];
  readonly span: Span;
}
