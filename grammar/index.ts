export { type ParseCode, ParseFault, parseCodes, type ValueCode, ValueFault, valueCodes } from "./fault.ts";
export { format, formatLiteral, isCommandName } from "./format.ts";
export { fromValue } from "./from-value.ts";
export type {
  BoolLiteral,
  BytesLiteral,
  DictLiteral,
  Entry,
  FloatLiteral,
  IntLiteral,
  Invocation,
  Keyword,
  Literal,
  Name,
  NoneLiteral,
  SequenceLiteral,
  Span,
  StrLiteral,
} from "./literal.ts";
export { parse } from "./parse.ts";
export { type Fault, render } from "./render.ts";
export { defaultLimits, highestLimits, type Limits } from "./scan.ts";
export { rereadAsCommand } from "./service.ts";
export { locateInText } from "./text.ts";
export { toValue, type ValuePolicy } from "./value.ts";
