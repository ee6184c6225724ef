import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RustiqError } from "../../core/errors.ts";
import { bind, type ExpressionCheck } from "../../core/plugin/bind.ts";
import type { Shape } from "../../core/plugin/contract.ts";
import { accepting, expression } from "../../core/plugin/parameters.ts";
import { parse } from "../../grammar/index.ts";
import { pythonCalls } from "./python.ts";

const accept: ExpressionCheck = () => undefined;
const call = (text: string, shape: Shape, check = accept) => bind(parse(text), shape, check);

function refuse(text: string, shape: Shape, check = accept): RustiqError & { readonly pointsAt: string | undefined } {
  try {
    call(text, shape, check);
  } catch (thrown) {
    if (!(thrown instanceof RustiqError)) throw thrown;
    return Object.assign(thrown, { pointsAt: thrown.span && text.slice(thrown.span.start, thrown.span.end) });
  }
  throw new Error(`${text} was accepted`);
}

const shapeOf = (parameters: string): Shape =>
  Object.fromEntries(
    parameters
      .split(", ")
      .filter((parameter) => parameter !== "")
      .map((parameter) => {
        const [name = "", value] = parameter.split("=");
        return [name, value === undefined ? z.number() : z.number().default(Number(value))];
      }),
  );

describe("Python's rules", () => {
  it.each(pythonCalls)("def f(%s) called as %s", (parameters, text, message) => {
    const shape = shapeOf(parameters);
    if (message === null) expect(Object.keys(call(text, shape))).toEqual(Object.keys(shape));
    else expect(refuse(text, shape).message).toBe(message);
  });

  it("go by position, then by name, then by default", () => {
    const shape = { a: z.number(), b: z.string().optional(), c: z.number().default(3), d: z.boolean() };
    expect(call("f(1, d=True)", shape)).toEqual({ a: 1, b: undefined, c: 3, d: true });
    expect(call("f(1, 'x', 5, False)", shape)).toEqual({ a: 1, b: "x", c: 5, d: false });
    expect(call("f(d=True, c=4, b='x', a=1)", shape)).toEqual({ a: 1, b: "x", c: 4, d: true });
  });
});

describe("a fault's place", () => {
  const pair = { first: z.number(), second: z.number() };

  it.each([
    ["f(1)", "f", "argument-missing", "Give every required argument, by position or by name."],
    ["f(1, 2, 33, 4)", "33", "argument-too-many", "Remove the arguments after the last parameter."],
    ["f(1, sceond=2)", "sceond", "argument-unexpected", "did you mean 'second'?"],
    ["f(1, zzzzzz=2)", "zzzzzz", "argument-unexpected", "Its parameters are 'first' and 'second'."],
    ["f(1, first=2)", "first", "argument-repeated", "Give the argument once, by position or by name."],
    ["f(1, second='two')", "'two'", "argument-invalid", "Write a number such as 5, without quotes."],
    ["f(1, {2})", "{2}", "set", "give a list: [...]"],
    ["f(1, b'2')", "b'2'", "bytes", "give a text: leave out the b"],
    ["f(1, [{1: 2}])", "1", "non-text-key", "put the key in quotes"],
    ["f(1, {'a': 1, 'a': 2})", "'a'", "duplicate-key", "give each key once"],
    ["f(1, 1e999)", "1e999", "infinite", "the largest is about 1.8e308"],
  ])("of %s is %s", (text, pointsAt, code, hint) => {
    expect(refuse(text, pair)).toMatchObject({ pointsAt, code, hint });
  });

  const nested = {
    value: z.object({ list: z.array(z.object({ n: z.number() })), pair: z.tuple([z.string(), z.number()]) }),
  };

  it.each([
    ["f({'list': [{'n': 1}, {'n': 'two'}], 'pair': ('a', 1)})", "'two'", ".list[1].n"],
    ["f({'list': [{'n': 1}, {}], 'pair': ('a', 1)})", "{}", ".list[1].n"],
    ["f({'list': 'none', 'pair': ('a', 1)})", "'none'", ".list"],
    ["f({'list': [], 'pair': ('a', 'b')})", "'b'", ".pair[1]"],
    ["f({'list': [], 'pair': ['a', \"b\" 'c']})", "\"b\" 'c'", ".pair[1]"],
    ["f({'list': []})", "{'list': []}", ".pair"],
    ["f(value=[1])", "[1]", ""],
    ["f(({'list': [5], 'pair': ('a', 1)}))", "5", ".list[0]"],
  ])("in %s is the innermost literal %s", (text, pointsAt, path) => {
    const refused = refuse(text, nested);
    expect(refused.pointsAt).toBe(pointsAt);
    expect(refused.message).toMatch(
      new RegExp(`^f\\(\\) argument 'value'${path.replace(/[.[\]]/g, "\\$&")}: expected a [\\w ]+, found `),
    );
  });

  it("is the key that nobody knows", () => {
    const refused = refuse("f({'fit': 'cover', 'colour': 1})", { options: z.strictObject({ fit: z.string() }) });
    expect(refused).toMatchObject({
      pointsAt: "'colour'",
      message: "f() argument 'options': expected 'fit' as a key, found 'colour'",
    });
  });

  it("is the command where a value was left out and its schema wants one all the same", () => {
    const even = z
      .number()
      .default(1)
      .refine((value) => value % 2 === 0, "must be even");
    expect(refuse("f()", { n: even })).toMatchObject({ code: "argument-missing", pointsAt: "f" });
  });
});

describe("a value", () => {
  it("is what its schema makes of it", () => {
    expect(call("f('5', (1, 2))", { n: z.coerce.number(), list: z.array(z.number()) })).toEqual({ n: 5, list: [1, 2] });
    expect(call("f(90071992547409931)", { n: z.bigint() })).toEqual({ n: 90071992547409931n });
    expect(refuse("f(90071992547409931)", { n: z.number() }).message).toContain("found the integer 90071992547409931");
  });

  it("pollutes nothing, whatever its keys are called", () => {
    const text = "f({'__proto__': {'polluted': 1}, 'constructor': 2, 'toString': 3})";
    for (const schema of [z.record(z.string(), z.unknown()), z.looseObject({}), z.unknown()]) {
      const { value } = call(text, { value: schema }) as { value: Record<string, unknown> };
      expect(Object.hasOwn(value, "constructor") && value["constructor"]).toBe(2);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      expect(value["polluted"]).toBeUndefined();
    }
  });

  it("may be of another kind where the parameter accepts it", () => {
    const shape = {
      set: accepting(z.set(z.number()), { set: true }),
      bytes: accepting(z.instanceof(Uint8Array).optional(), { bytes: true }),
      keys: accepting(z.map(z.number(), z.string()), { anyKeys: true }).optional(),
      last: accepting(z.record(z.string(), z.number()), { duplicateKeys: true }).default({}),
    };
    expect(call("f({1, 2}, b'x', {1: 'a'}, {'a': 1, 'a': 2})", shape)).toEqual({
      set: new Set([1, 2]),
      bytes: new Uint8Array([120]),
      keys: new Map([[1, "a"]]),
      last: { a: 2 },
    });
    expect(refuse("f([1], {1})", shape).code).toBe("argument-invalid");
    expect(refuse("f({1}, {2})", shape).code).toBe("set");
  });
});

describe("a parameter that is an expression", () => {
  const seen: unknown[] = [];
  const note: ExpressionCheck = (text, owner) => {
    seen.push([text, owner]);
    if (text.startsWith("bad"))
      throw new RustiqError("inner", "it is bad", { hint: "mend it", span: { start: 0, end: 3 } });
  };
  const shape = { owner: z.string(), text: expression({ owner: "owner" }), more: expression().optional() };

  it("is checked with the owner that its neighbour names, after all values are", () => {
    seen.length = 0;
    call("f(text='a()', owner='display')", shape, note);
    call("f('display', 'a()', 'b()')", shape, note);
    expect(seen).toEqual([
      ["a()", "display"],
      ["a()", "display"],
      ["b()", undefined],
    ]);
    seen.length = 0;
    refuse("f(5, 'bad()')", shape, note);
    expect(seen).toEqual([]);
  });

  it("tells its fault with the place in the outer text", () => {
    expect(refuse("f('display', 'bad()')", shape, note)).toMatchObject({
      code: "inner",
      message: "in the expression of 'text': it is bad",
      hint: "mend it",
      pointsAt: "bad",
    });
    expect(refuse("f('display', 'a()', more='bad()')", shape, note).message).toContain("'more'");
  });

  it.each([
    ["described", expression().describe("what to run")],
    ["optional", expression().optional()],
    ["nullable", expression().nullable()],
    ["with a default", expression().default("a()")],
    ["limited", expression().max(100)],
    ["trimmed", expression().trim()],
    ["changed afterwards", expression().transform((text) => text.length)],
    ["prepared", z.preprocess((given) => given, expression())],
    ["one of two forms", z.union([z.number(), expression()])],
    ["read-only", expression().readonly()],
    ["optional, nullable and described", expression().nullable().optional().describe("x")],
    ["stood for", z.lazy(() => expression())],
    ["stood for by one that is optional", z.lazy(() => z.lazy(() => expression().optional()))],
    ["narrowed", z.intersection(expression(), z.string().min(1))],
    ["narrowed from the other side", z.string().min(1).and(expression()).optional()],
    ["a form beside one with traits of its own", z.union([accepting(z.set(z.any()), { set: true }), expression()])],
  ])("stays one when it is %s", (_, schema) => {
    expect(refuse("f('bad()')", { text: schema }, note).code).toBe("inner");
    seen.length = 0;
    if (schema.safeParse(null).success) call("f(None)", { text: schema }, note);
    if (schema.safeParse(undefined).success) call("f()", { text: schema }, note);
    expect(seen).toEqual([]);
  });

  it("lets through what is no fault but a defect of the check itself", () => {
    const defect = new TypeError("a defect");
    expect(() =>
      call("f('a()')", { text: expression() }, () => {
        throw defect;
      }),
    ).toThrow(defect);
  });
});

describe("a schema that does not answer", () => {
  const thrower = (): never => {
    throw new TypeError("not\ntoday");
  };
  it.each([
    ["has two sides that do not go together", z.intersection(z.string().transform(Number), z.string()), /Unmergable/],
    ["waits in a rule", z.string().refine(async () => true), /answers only later/],
    ["waits in a transformation", z.string().transform(async (text) => text), /answers only later/],
    ["is a promise", z.promise(z.string()), /answers only later/],
    ["throws in a rule", z.string().refine(thrower), /its schema failed: not today$/],
    ["throws in a transformation", z.string().transform(thrower), /its schema failed: not today$/],
    ["throws in an error map", z.number({ error: thrower }), /its schema failed: not today$/],
    ["throws when it is stood for", z.lazy(thrower), /its schema failed: /],
  ])("because it %s is a fault of the plugin, at the literal", (_, schema, reason) => {
    const refused = refuse("f(1, 'x')", { n: z.number(), v: schema });
    expect(refused).toMatchObject({ code: "argument-invalid", pointsAt: "'x'", cause: expect.any(Error) });
    expect(refused.message).toMatch(/^f\(\) argument 'v': /);
    expect(refused.message).toMatch(reason);
    expect(refused.hint).toContain("a fault of the plugin");
  });

  it("is told along with the other faults", () => {
    expect(refuse("f('x', 'y')", { n: z.number(), v: z.string().refine(thrower) }).message).toBe(
      "f() argument 'n': expected a number, found the text 'x'; also 'v': its schema failed: not today",
    );
  });

  it("goes round in circles and is read all the same", () => {
    const round: z.ZodType = z.lazy(() => z.union([z.null(), round]));
    expect(call("f(None)", { v: round })).toEqual({ v: null });
    const endless = (): z.ZodType => z.lazy(endless);
    expect(refuse("f('x')", { v: endless() }).message).toContain("its schema failed");
  });
});
