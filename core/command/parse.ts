import { ParseFault } from "../../grammar/fault.ts";
import type { ParseOptions } from "../../grammar/parse.ts";
import { RustiqError } from "../errors.ts";

/** The parser, which is loaded with the first command. */
export type Parse = typeof import("../../grammar/parse.ts").parse;

/** Throws what the parser refuses as a `RustiqError`. */
export function parseOrFault(parse: Parse, expression: string, options: ParseOptions) {
  try {
    return parse(expression, options);
  } catch (thrown) {
    if (!(thrown instanceof ParseFault)) throw thrown;
    throw new RustiqError(thrown.code, thrown.message, { span: thrown.span, hint: thrown.hint, cause: thrown });
  }
}
