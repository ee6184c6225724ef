import { ValueFault } from "./fault.ts";
import type { Literal } from "./literal.ts";
import { printFloat, printInteger } from "./number.ts";

const nowhere = Object.freeze({ start: 0, end: 0 });

// As deep as any limit lets an expression be read back.
const deepest = 64;

/**
 * The literal that says a JavaScript value: the inverse of `toValue`. Whole numbers that are exact become integers, Uint8Array
 * bytes, Set a set, Map and plain objects a dict (members that are undefined are left out, as in JSON). Throws a ValueFault
 * for NaN, functions, symbols, undefined, other objects, and anything nested deeper than 64.
 */
export function fromValue(value: unknown): Literal {
  return build(value, 0);
}

function build(value: unknown, depth: number): Literal {
  const span = nowhere;
  if (depth > deepest) throw new ValueFault("not-a-literal", `the value is nested deeper than ${deepest}`, span);
  const inner = (item: unknown) => build(item, depth + 1);
  if (value === null) return { kind: "none", span };
  if (typeof value === "string") return { kind: "str", value, span };
  if (typeof value === "boolean") return { kind: "bool", value, span };
  if (typeof value === "bigint") return { kind: "int", value, raw: printInteger(value), span };
  if (typeof value === "number") return buildNumber(value);
  if (value instanceof Uint8Array) return { kind: "bytes", value, span };
  if (Array.isArray(value)) return { kind: "list", items: value.map(inner), span };
  if (value instanceof Set) return { kind: "set", items: [...value].map(inner), span };
  if (value instanceof Map) {
    return { kind: "dict", entries: [...value].map(([key, item]) => ({ key: inner(key), value: inner(item) })), span };
  }
  if (isPlain(value)) {
    const members = Object.entries(value).filter(([, item]) => item !== undefined);
    return { kind: "dict", entries: members.map(([key, item]) => ({ key: inner(key), value: inner(item) })), span };
  }
  throw new ValueFault("not-a-literal", `no literal can say this value: ${describe(value)}`, span);
}

function buildNumber(value: number): Literal {
  if (Number.isNaN(value)) throw new ValueFault("not-a-literal", "no literal can say NaN", nowhere);
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return { kind: "int", value: BigInt(value), raw: String(value), span: nowhere };
  }
  return { kind: "float", value, raw: printFloat(value), span: nowhere };
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) return `a ${value.constructor?.name ?? "object"}`;
  return typeof value;
}
