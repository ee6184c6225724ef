import type { Token } from "./token.ts";

/** A place in the tokens of a refused source. Line ends count only outside brackets. */
export interface Cursor {
  readonly source: string;
  readonly tokens: readonly Token[];
  /** Whether a call may be an argument. */
  readonly takesCalls: boolean;
  index: number;
}

const end: Token = { kind: "end", text: "", start: 0, end: 0 };

export function tokenAt(cursor: Cursor, index: number): Token {
  return cursor.tokens[Math.max(0, Math.min(index, cursor.tokens.length - 1))] ?? end;
}

export const startsCall = (token: Token) => token.kind === "open" && token.text === "(";
export const isMark = (token: Token, text: string) => token.kind === "mark" && token.text === text;

export const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** An open bracket and what was seen in it. `call` is the command's own, `sign` a parenthesis that a sign stands before. */
export interface Frame {
  readonly open: Token;
  readonly kind: "call" | "group" | "list" | "brace" | "sign";
  commas: number;
  filled: boolean;
  /** Of the item being read: its first token, and whether its keyword or key is behind us. */
  first: Token | null;
  named: boolean;
  /** Of the bracket so far. */
  keywords: boolean;
  entries: number;
  items: number;
}

export interface State extends Cursor {
  readonly frames: Frame[];
  /** True where a value must or may begin, false right after one. */
  wantsValue: boolean;
}

export const frameOf = (open: Token, kind: Frame["kind"]): Frame => ({
  open,
  kind,
  commas: 0,
  filled: false,
  first: null,
  named: false,
  keywords: false,
  entries: 0,
  items: 0,
});

/** The next token that is not a line end: inside brackets line ends mean nothing. */
export function peek(state: State, distance = 1): Token {
  let index = state.index;
  for (let left = distance; left > 0; ) {
    index += 1;
    if (tokenAt(state, index).kind !== "line") left -= 1;
  }
  return tokenAt(state, index);
}

/** The token before, line ends aside. */
export function previousToken(state: State): Token {
  let index = state.index - 1;
  while (index > 0 && tokenAt(state, index).kind === "line") index -= 1;
  return tokenAt(state, index);
}

/** A value ends with the token at the cursor. */
export function take(state: State, frame: Frame): null {
  frame.filled = true;
  state.index += 1;
  state.wantsValue = false;
  return null;
}

/** Line ends are layout before the command and after it. */
export function skipLines(cursor: Cursor): void {
  while (tokenAt(cursor, cursor.index).kind === "line") cursor.index += 1;
}
