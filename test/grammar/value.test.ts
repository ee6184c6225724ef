import { fromValue, parse, toValue, ValueFault, type ValuePolicy } from "rustiq/grammar";
import { describe, expect, test } from "vitest";

const literalOf = (text: string) => {
  const [literal] = parse(`f(${text})`).args;
  if (literal === undefined) throw new Error("no argument");
  return literal;
};
const evaluate = (text: string, policy?: ValuePolicy) => toValue(literalOf(text), policy);
const faultOf = (act: () => unknown): ValueFault => {
  try {
    act();
  } catch (error) {
    if (error instanceof ValueFault) return error;
    throw error;
  }
  throw new Error("no fault");
};

test("turns literals into plain JavaScript values", () => {
  expect(evaluate("[1, -2, 1.5, 'x', True, None, (1, [2]), ()]")).toEqual([1, -2, 1.5, "x", true, null, [1, [2]], []]);
  expect(evaluate("-0")).toBe(0);
  expect(evaluate("-0.0")).toBe(-0);
  expect(evaluate("9007199254740991")).toBe(9007199254740991);
  expect(evaluate("9007199254740992")).toBe(9007199254740992n);
  expect(evaluate("-123456789012345678901")).toBe(-123456789012345678901n);
});

test("makes a dict an object without prototype, so that no key is special", () => {
  const value = evaluate("{'__proto__': {'polluted': True}, 'constructor': 1}") as Record<string, unknown>;
  expect(Object.getPrototypeOf(value)).toBeNull();
  expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

describe("refuses by default, with the place, what a parameter has not asked for", () => {
  test.each([
    ["1e999", "infinite", [2, 7], { inf: true }, Number.POSITIVE_INFINITY],
    ["[-1e999]", "infinite", [3, 9], { inf: true }, [Number.NEGATIVE_INFINITY]],
    ["{1, 2}", "set", [2, 8], { set: true }, new Set([1, 2])],
    ["set()", "set", [2, 7], { set: true }, new Set()],
    ["b'a'", "bytes", [2, 6], { bytes: true }, Uint8Array.of(97)],
    [
      "{'a': 1, 'a': 2}",
      "duplicate-key",
      [11, 14],
      { duplicateKeys: true },
      Object.assign(Object.create(null), { a: 2 }),
    ],
    ["{1: 2}", "non-text-key", [3, 4], { anyKeys: true }, new Map([[1, 2]])],
    ["{(1, 'a'): None}", "non-text-key", [3, 11], { anyKeys: true }, new Map([[[1, "a"], null]])],
  ] as const)("%s", (text, code, [start, end], policy, value) => {
    expect(faultOf(() => evaluate(text))).toMatchObject({
      code,
      span: { start, end },
      hint: expect.stringMatching(/\S/),
    });
    expect(evaluate(text, policy)).toEqual(value);
  });
});

test("knows keys that are equal in Python", () => {
  const policy = { anyKeys: true, bytes: true };
  for (const text of [
    "{1: 0, 1.0: 0}",
    "{1: 0, True: 0}",
    "{0: 0, -0.0: 0}",
    "{(1, 'a'): 0, (1.0, 'a'): 0}",
    "{b'a': 0, b'a': 0}",
  ]) {
    expect(faultOf(() => evaluate(text, policy)).code, text).toBe("duplicate-key");
  }
  for (const text of [
    "{1: 0, '1': 0}",
    "{'a': 0, b'a': 0}",
    "{('a', 'b'): 0, \"a', 'b\": 0}",
    "{9007199254740993: 0, 9007199254740992.0: 0}",
  ]) {
    expect(evaluate(text, policy), text).toHaveProperty("size", 2);
  }
  expect(evaluate("{1: 'a', True: 'b'}", { anyKeys: true, duplicateKeys: true })).toEqual(new Map([[1, "b"]]));
});

test("builds literals from values, and says which it cannot", () => {
  expect(fromValue(new Map([[1, new Set([2n])]]))).toMatchObject({
    kind: "dict",
    entries: [{ key: { value: 1n }, value: { kind: "set" } }],
  });
  expect(fromValue({ a: 1, b: undefined })).toMatchObject({ kind: "dict", entries: [{ key: { value: "a" } }] });
  expect(fromValue(1e300)).toMatchObject({ kind: "float", raw: "1e+300" });
  const ring: unknown[] = [];
  ring.push(ring);
  for (const value of [undefined, Number.NaN, () => 1, Symbol("x"), new Date(), /x/, ring]) {
    expect(faultOf(() => fromValue(value)).code).toBe("not-a-literal");
  }
});
