import type { Invocation, Literal } from "./literal.ts";
import { printFloat } from "./number.ts";

/**
 * A literal as JSON that any implementation can make: its kind and its value, without spans and spelling. Equal values have equal
 * forms. Bytes are lower-case hex, integers decimal, floats as Python's `repr` prints them; sets and dicts are as written.
 */
export type Canonical =
  | readonly ["str" | "bytes" | "int" | "float", string]
  | readonly ["bool", boolean]
  | readonly ["none"]
  | readonly ["list" | "tuple" | "set", readonly Canonical[]]
  | readonly ["dict", readonly (readonly [Canonical, Canonical])[]]
  | readonly ["call", CanonicalCall];

/** A call as JSON that any implementation can make. */
export interface CanonicalCall {
  /** Null when the expression names none. */
  readonly service: string | null;
  /** Its name. */
  readonly command: string;
  /** Positional arguments. */
  readonly args: readonly Canonical[];
  /** Keyword arguments as pairs of name and value, in their order. */
  readonly kwargs: readonly (readonly [string, Canonical])[];
}

/** The text of a float in the canonical form: Python's `repr`, `inf` and `-inf` too. */
export function canonicalFloat(value: number): string {
  return printFloat(value).replace("1e999", "inf");
}

/** The canonical form of a literal. */
export function canonicalValue(literal: Literal): Canonical {
  switch (literal.kind) {
    case "str":
      return ["str", literal.value];
    case "bytes":
      return ["bytes", toHex(literal.value)];
    case "int":
      return ["int", literal.value.toString()];
    case "float":
      return ["float", canonicalFloat(literal.value)];
    case "bool":
      return ["bool", literal.value];
    case "none":
      return ["none"];
    case "list":
    case "tuple":
    case "set":
      return [literal.kind, literal.items.map(canonicalValue)];
    case "call":
      return ["call", canonicalCall(literal.invocation)];
    case "dict":
      return ["dict", literal.entries.map(({ key, value }) => [canonicalValue(key), canonicalValue(value)] as const)];
  }
}

/** The canonical form of a call. */
export function canonicalCall(invocation: Invocation): CanonicalCall {
  return {
    service: invocation.service?.text ?? null,
    command: invocation.command.text,
    args: invocation.args.map(canonicalValue),
    kwargs: invocation.kwargs.map(({ name, value }) => [name.text, canonicalValue(value)] as const),
  };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
