import type { Invocation, Literal } from "rustiq/grammar";
import { formatLiteral } from "rustiq/grammar";

/** A literal as the case files and the oracle write it: its kind and its value, without spans and spelling. */
export type Canonical =
  | readonly ["str" | "bytes" | "int" | "float", string]
  | readonly ["bool", boolean]
  | readonly ["none"]
  | readonly ["list" | "tuple" | "set", readonly Canonical[]]
  | readonly ["dict", readonly (readonly [Canonical, Canonical])[]];

export interface CanonicalCall {
  readonly service: string | null;
  readonly command: string;
  readonly args: readonly Canonical[];
  readonly kwargs: readonly (readonly [string, Canonical])[];
}

export function canonicalValue(literal: Literal): Canonical {
  switch (literal.kind) {
    case "str":
      return ["str", literal.value];
    case "bytes":
      return ["bytes", Buffer.from(literal.value).toString("hex")];
    case "int":
      return ["int", literal.value.toString()];
    case "float":
      return ["float", formatLiteral(literal).replace("1e999", "inf")];
    case "bool":
      return ["bool", literal.value];
    case "none":
      return ["none"];
    case "dict":
      return ["dict", literal.entries.map(({ key, value }) => [canonicalValue(key), canonicalValue(value)] as const)];
    default:
      return [literal.kind, literal.items.map(canonicalValue)];
  }
}

export function canonicalCall(invocation: Invocation): CanonicalCall {
  return {
    service: invocation.service?.text ?? null,
    command: invocation.command.text,
    args: invocation.args.map(canonicalValue),
    kwargs: invocation.kwargs.map(({ name, value }) => [name.text, canonicalValue(value)] as const),
  };
}
