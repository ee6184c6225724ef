import type { Span } from "./literal.ts";

/** Every way an expression can be refused, with what it means. Codes are stable; messages may be reworded. */
export const parseCodes = {
  "not-text": "what was given to the parser is not a text",
  "too-long": "more bytes than the limit",
  "too-deep": "more nested brackets than the limit",
  "too-many-nodes": "more values, names and brackets than the limit",
  "too-many-digits": "a decimal integer with more digits than the limit",
  empty: "there is no expression",
  "not-a-call": "it does not begin with a command name",
  "missing-parentheses": "the command name has no round brackets after it",
  "line-break": "a line ends between the command name and its parenthesis",
  "trailing-text": "something follows the closing parenthesis",
  "second-statement": "a second statement follows",
  assignment: "the result is assigned to a name",
  "missing-value": "a value is missing where one must stand",
  "missing-comma": "two values have no comma between them",
  "missing-colon": "a dict entry without its colon, or a dict and a set mixed",
  "stray-colon": "a colon outside a dict",
  "stray-equals": "an equals sign or an arrow that no keyword argument has",
  "stray-quote": "a quote inside a text ended it too early",
  "unclosed-quote": "a text without its closing quote",
  "unclosed-bracket": "a bracket without its closing one",
  "stray-bracket": "a closing bracket that nothing opened",
  "smart-quote": "a typographic quote",
  "bad-character": "a character that has no meaning here",
  "bad-prefix": "letters before a quote that are no string prefix",
  "bad-escape": "an escape sequence that is not complete or not a character",
  "named-escape": "an escape by character name, \\N{...}",
  "f-string": "a formatted string",
  "bytes-not-ascii": "a bytes literal with a character beyond ASCII",
  "mixed-bytes": "text and bytes side by side",
  "bad-number": "a number that is not written as Python writes them",
  "leading-zero": "a decimal integer with leading zeros",
  complex: "a complex number",
  "bad-sign": "a sign that does not stand alone before a number",
  ellipsis: "the value ...",
  "bare-name": "a name, or text without its quotes, where a value must stand",
  "reserved-name": "a word of the Python language used as a name",
  "non-ascii-name": "a name with a character beyond ASCII",
  "bad-keyword": "a keyword argument whose name is not a plain name",
  "repeated-keyword": "the same keyword argument twice",
  "positional-after-keyword": "a positional argument after a keyword argument",
  starred: "an argument unpacked with * or **",
  "nested-call": "a call inside the arguments",
  "call-on-value": "a call of something that is not a command name",
  attribute: "attribute access, or a text with dots without its quotes",
  subscript: "an index or slice",
  operator: "an operator",
  comparison: "a comparison",
  conditional: "a conditional expression",
  comprehension: "a comprehension or generator",
  lambda: "a lambda, or a function of another language",
  walrus: "an assignment expression, :=",
  unhashable: "a list, dict or set as a dict key or in a set",
  "call-service-empty": "call_service() without a service and a command",
  "call-service-first": "call_service(...) whose first argument is not a text",
  "call-service-keyword": "call_service(...) with its service or command by keyword",
  unexpected: "text that does not fit the grammar",
} as const;

/** The name of a way to be refused. */
export type ParseCode = keyof typeof parseCodes;

/** A refusal: where, what, what would have fitted, and one hint. */
export class ParseFault extends Error {
  /** Always "ParseFault". */
  override readonly name = "ParseFault";
  /** Which refusal it is. */
  readonly code: ParseCode;
  /** What it points at. */
  readonly span: Span;
  /** What would have fitted there; may be empty. */
  readonly expected: readonly string[];
  /** What to write instead; absent where nothing is near. */
  readonly hint?: string;

  constructor(
    code: ParseCode,
    message: string,
    span: Span,
    more: { expected?: readonly string[]; hint?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.span = span;
    this.expected = more.expected ?? [];
    if (more.hint !== undefined) this.hint = more.hint;
  }
}

/** Every way a literal can be refused as a value under a policy, or a value as a literal. */
export const valueCodes = {
  infinite: "a float beyond every finite one",
  set: "a set",
  bytes: "a bytes literal",
  "duplicate-key": "the same dict key twice",
  "non-text-key": "a dict key that is not a text",
  "nested-call": "a call for a parameter that holds no expression",
  "not-a-literal": "a JavaScript value that no literal can say",
} as const;

/** The name of a way to be refused as a value. */
export type ValueCode = keyof typeof valueCodes;

/** A literal that the parameter's policy does not admit, or a value that has no literal. */
export class ValueFault extends Error {
  /** Always "ValueFault". */
  override readonly name = "ValueFault";
  /** Which refusal it is. */
  readonly code: ValueCode;
  /** What it points at. */
  readonly span: Span;
  /** What to write instead; absent where nothing is near. */
  readonly hint?: string;

  constructor(code: ValueCode, message: string, span: Span, hint?: string) {
    super(message);
    this.code = code;
    this.span = span;
    if (hint !== undefined) this.hint = hint;
  }
}
