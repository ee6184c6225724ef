import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RustiqError } from "../../core/errors.ts";
import { bind, type Conceal } from "../../core/plugin/bind.ts";
import type { Shape } from "../../core/plugin/contract.ts";
import { parse } from "../../grammar/index.ts";
import { changes } from "./refused/changes.ts";
import { containers } from "./refused/containers.ts";
import { choices, kinds } from "./refused/kinds.ts";
import { aNumber } from "./refused/row.ts";
import { rules } from "./refused/rules.ts";
import { unions } from "./refused/unions.ts";

const conceal: Conceal = (text, names) => (names.includes("password") ? "***" : text.replaceAll("s3cr3t", "***"));

/** What is told of an argument: the place, the message without the argument's name, the hint. */
function refuse(text: string, schema: z.ZodType | Shape) {
  try {
    bind(parse(text), schema instanceof z.ZodType ? { v: schema } : schema, () => undefined, conceal);
  } catch (thrown) {
    if (!(thrown instanceof RustiqError)) throw thrown;
    const { span = { start: 0, end: 0 }, message, hint } = thrown;
    return [text.slice(span.start, span.end), message.replace("f() argument 'v'", ""), hint];
  }
  throw new Error(`${text} was accepted`);
}

describe.each([
  ["another kind", kinds],
  ["none of some values", choices],
  ["no form of a union", unions],
  ["something in a container", containers],
  ["against a rule", rules],
  ["changed on the way", changes],
])("a value that is %s", (_, rows) => {
  it.each(rows)("%s is told at its literal, with a cure", (text, schema, ...told) => {
    const [pointsAt, message, hint] = refuse(text, schema);
    expect([pointsAt, message, hint]).toEqual(told);
    expect(message).not.toMatch(/Invalid|undefined|\0/);
    expect(hint).toBeTruthy();
  });
});

describe("several faults at once", () => {
  it("are told by name, across the parameters, and counted from the fifth on", () => {
    const two = { a: z.number(), b: z.object({ n: z.number() }) };
    expect(refuse("f('x', b={'n': True})", two)).toEqual([
      "'x'",
      "f() argument 'a': expected a number, found the text 'x'; also 'b'.n: expected a number, found True",
      aNumber,
    ]);
    const [, message] = refuse("f(['a', 'b', 3, 'd', 'e', 'f', 'g'])", z.array(z.number()));
    expect(message).toMatch(/^\[0\]: .*; also 'v'\[1\]: .*; also 'v'\[3\]: .*; also 'v'\[4\]: [^;]*; and 2 more$/);
  });

  it("begin with the value that no schema has seen, if that is first", () => {
    const [pointsAt, message] = refuse("f({1}, 'x')", { a: z.number(), b: z.number() });
    expect(pointsAt).toBe("{1}");
    expect(message).toBe(
      "f() argument 'a': a set is not accepted here; also 'b': expected a number, found the text 'x'",
    );
  });

  it("are refused too when the schema gives no reason at all", () => {
    const silent = z.custom<string>().check((payload) => {
      payload.issues.push({ code: "unrecognized_keys", keys: [], input: {} });
    });
    expect(refuse("f('a')", silent)).toEqual(["f", ": its schema refuses it", "Give a value of the expected kind."]);
  });

  it("cost no more than they show", () => {
    const text = `f({${Array.from({ length: 1000 }, (_, index) => `'k${index}': 'x'`)}})`;
    const begun = process.cpuUsage().user;
    const [, message] = refuse(text, z.record(z.string(), z.number()));
    expect(message).toContain("and 996 more");
    expect(process.cpuUsage().user - begun).toBeLessThan(1_000_000);
  });
});

describe("what a message repeats", () => {
  it("is cut, never within a character", () => {
    expect(refuse(`f('${"x".repeat(1000)}')`, z.number())[1]).toBe(
      `: expected a number, found the text '${"x".repeat(40)}…' of 1000 characters`,
    );
    expect(refuse(`f('a${"😀".repeat(50)}')`, z.number())[1]).toContain(`'a${"😀".repeat(19)}…' of 51 characters`);
    expect(refuse(`f(${"9".repeat(4000)})`, z.string())[1]).toBe(
      `: expected a text, found the integer ${"9".repeat(40)}…`,
    );
    const key = "k".repeat(1000);
    expect(refuse(`f({'${key}': 1})`, z.record(z.string(), z.string()))[1]?.length).toBeLessThan(120);
  });

  it("holds no secret, not even where it was cut", () => {
    for (const text of [
      "f('s3cr3t')",
      "f('5s3cr3t')",
      `f('${"x".repeat(37)}s3cr3t')`,
      "f({'s3cr3t': 1})",
      `f({'${"x".repeat(37)}s3cr3t': {}})`,
      "f(['s3cr3t'])",
    ]) {
      const schema = z.union([z.number(), z.record(z.string(), z.string())]);
      expect(JSON.stringify(refuse(text, schema).slice(1))).not.toMatch(/s3c|x{37}s/);
    }
    const [, message, hint] = refuse("f({'password': 48151623})", z.object({ password: z.string() }));
    expect([message, hint]).toEqual([".password: expected a text, found the integer ***", "Put it in quotes."]);
    for (const text of ["f({'hunter2': 1})", "f({'a': {'hunter2': 1}})", "f({'hunter2': {'a': 5}})"]) {
      const schema = z.record(z.literal("a"), z.strictObject({ a: z.string() }));
      expect(JSON.stringify(refuse(text, { password: schema }))).toContain("***");
      expect(JSON.stringify(refuse(text, { password: schema }).slice(1))).not.toContain("hunter2");
      const nested = z.object({ password: z.strictObject({ b: z.number().optional() }) });
      const within = text.replace(/^f\(/, "f({'password': ").replace(/\)$/, "})");
      expect(JSON.stringify(refuse(within, nested).slice(1))).not.toContain("hunter2");
      const keys = z.record(z.string().max(1), z.any());
      expect(JSON.stringify(refuse(text.replace("'a'", "'hunter2'"), { password: keys }).slice(1))).not.toContain(
        "hunt",
      );
    }
    const [, ofKeys] = refuse("f({'hunter2': {'b': 1}})", {
      password: z.record(z.string(), z.object({ b: z.string() })),
    });
    expect(ofKeys).toBe("f() argument 'password'['***']['***']: expected a text, found the integer ***");
    expect(refuse("f('12')", { password: z.number() })[2]).toBe("Write the number without quotes.");
  });
});
