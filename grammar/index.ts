/**
 * The command language alone: text to invocation and back. `import { parse } from "rustiq/grammar"`.
 *
 * @module rustiq/grammar
 */

export { type Canonical, type CanonicalCall, canonicalCall, canonicalValue } from "./canonical.ts";
export { type AcceptCase, CaseFault, type Conditions, type RejectCase, readCase, type SuiteCase } from "./case.ts";
export { type ParseCode, ParseFault, parseCodes, type ValueCode, ValueFault, valueCodes } from "./fault.ts";
export { format, formatLiteral, isCommandName } from "./format.ts";
export { fromValue } from "./from-value.ts";
export type {
  BoolLiteral,
  BytesLiteral,
  CallLiteral,
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
export { type ParseOptions, parse } from "./parse.ts";
export { type Fault, render } from "./render.ts";
export { defaultLimits, highestLimits, type Limits } from "./scan.ts";
export { rereadAsCommand } from "./service.ts";
export { type Difference, makeCase, tryCase, type Verdict } from "./suite.ts";
export { locateInText } from "./text.ts";
export { toValue, type ValuePolicy } from "./value.ts";
