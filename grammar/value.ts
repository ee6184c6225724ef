import { ValueFault } from "./fault.ts";
import type { CallLiteral, DictLiteral, FloatLiteral, Literal } from "./literal.ts";

/** What a parameter asks for beyond JSON's values. Without a policy all of it is refused. */
export interface ValuePolicy {
  /** Floats that overflow become Infinity. */
  readonly inf?: boolean;
  /** Sets become a `Set`. */
  readonly set?: boolean;
  /** Bytes become a `Uint8Array`. */
  readonly bytes?: boolean;
  /** Of equal keys the last value counts, as in Python. */
  readonly duplicateKeys?: boolean;
  /** Dicts become a `Map`, with keys of any kind. */
  readonly anyKeys?: boolean;
}

/**
 * The JavaScript value of a literal. Tuples and lists become arrays, an integer a number, or a bigint where a number would not
 * be exact, and a dict an object without prototype, so that `__proto__` is a key like any other.
 */
export function toValue(literal: Literal, policy: ValuePolicy = {}): unknown {
  switch (literal.kind) {
    case "str":
    case "bool":
      return literal.value;
    case "none":
      return null;
    case "int": {
      const value = Number(literal.value);
      return Number.isSafeInteger(value) ? value : literal.value;
    }
    case "float":
      return toFloat(literal, policy);
    case "bytes":
      if (policy.bytes === true) return literal.value;
      throw new ValueFault("bytes", "bytes are not accepted here", literal.span, "give a text: leave out the b");
    case "set":
      if (policy.set === true) return new Set(literal.items.map((item) => toValue(item, policy)));
      throw new ValueFault("set", "a set is not accepted here", literal.span, "give a list: [...]");
    case "list":
    case "tuple":
      return literal.items.map((item) => toValue(item, policy));
    case "dict":
      return toDict(literal, policy);
    case "call":
      throw new ValueFault("nested-call", "a call cannot be an argument here", literal.span, hintForCall(literal));
  }
}

const constructors: ReadonlySet<string> = new Set("bool bytes dict float frozenset int list set str tuple".split(" "));

/** Python's own constructors are what people mean most when they write a call here. */
function hintForCall({ invocation: { service, command } }: CallLiteral): string {
  if (service === null && constructors.has(command.text)) return "write the value itself";
  return "write a value; only a parameter that holds an expression takes a call";
}

function toFloat(literal: FloatLiteral, policy: ValuePolicy): number {
  if (Number.isFinite(literal.value) || policy.inf === true) return literal.value;
  throw new ValueFault("infinite", "this number is too large", literal.span, "the largest is about 1.8e308");
}

function toDict(literal: DictLiteral, policy: ValuePolicy): unknown {
  const values = new Map<string, [key: unknown, value: unknown]>();
  for (const { key, value } of literal.entries) {
    if (key.kind !== "str" && policy.anyKeys !== true) {
      throw new ValueFault("non-text-key", "the key must be a text", key.span, "put the key in quotes");
    }
    const identity = identify(key);
    const known = values.get(identity);
    if (known !== undefined && policy.duplicateKeys !== true) {
      throw new ValueFault("duplicate-key", "this key stands in the dict already", key.span, "give each key once");
    }
    // Python keeps the first of equal keys and the last of their values.
    values.set(identity, [known === undefined ? toValue(key, policy) : known[0], toValue(value, policy)]);
  }
  if (policy.anyKeys === true) return new Map(values.values());
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of values.values()) result[String(key)] = value;
  return result;
}

/** A text that is equal for keys that are equal in Python, where 1, 1.0 and True are one key. */
function identify(key: Literal): string {
  switch (key.kind) {
    case "str":
      return `s${key.value}`;
    case "bytes":
      return `b${key.value.join()}`;
    case "none":
      return "n";
    case "bool":
      return key.value ? "1" : "0";
    case "int":
      return key.value.toString();
    case "float":
      return Number.isInteger(key.value) ? BigInt(key.value).toString() : String(key.value);
    case "tuple":
      // Lengths keep ('a', 'b') and ("a', 'b",) apart.
      return `(${key.items
        .map(identify)
        .map((item) => `${item.length}:${item}`)
        .join("")})`;
    default:
      // The parser lets no list, dict or set be a key; one made by hand is only ever equal to itself.
      return `?${key.span.start}`;
  }
}
