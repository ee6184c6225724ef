import fc from "fast-check";
import { format, fromValue, type Invocation, type Literal, ParseFault, parse, toValue } from "rustiq/grammar";
import { expect, test } from "vitest";
import { canonicalCall } from "./canonical.ts";
import { nested, source } from "./sources.ts";

const span = { start: 0, end: 0 };
// Any UTF-16 text: lone surrogates too.
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

const str = text.map((value): Literal => ({ kind: "str", value, span }));
const scalar: fc.Arbitrary<Literal> = fc.oneof(
  str,
  fc.uint8Array({ maxLength: 8 }).map((value): Literal => ({ kind: "bytes", value: Uint8Array.from(value), span })),
  fc.bigInt().map((value): Literal => ({ kind: "int", value, raw: "", span })),
  fc.bigInt({ min: -(10n ** 400n), max: 10n ** 400n }).map((value): Literal => ({ kind: "int", value, raw: "", span })),
  fc.double({ noNaN: true }).map((value): Literal => ({ kind: "float", value, raw: "", span })),
  fc.boolean().map((value): Literal => ({ kind: "bool", value, span })),
  fc.constant<Literal>({ kind: "none", span }),
);

// What is rare and long: many digits, many characters, many brackets.
const huge: fc.Arbitrary<Literal> = fc.oneof(
  fc
    .integer({ min: 4200, max: 4310 })
    .map((size): Literal => ({ kind: "int", value: -(10n ** BigInt(size)) + 7n, raw: "", span })),
  fc
    .tuple(text, fc.integer({ min: 1, max: 200 }))
    .map(([part, times]): Literal => ({ kind: "str", value: part.repeat(times), span })),
  fc.tuple(scalar, fc.integer({ min: 1, max: 40 })).map(([inner, depth]) => {
    let around: Literal = inner;
    for (let level = 0; level < depth; level += 1)
      around = { kind: level % 2 === 0 ? "list" : "tuple", items: [around], span };
    return around;
  }),
);

const named = (words: fc.Arbitrary<string>) => words.map((word) => ({ text: word, span }));
const commandName = fc.constantFrom("f", "get_app_status", "a.b.c", "_", "match", "nullable", "settle");
// Names that are values where a value may stand.
const valueName = fc.constantFrom("null", "set", "true.x");
const kwName = named(fc.stringMatching(/^k[a-z0-9_]{0,4}$/));

/** An invocation with such arguments. */
function makeInvocation(
  literal: fc.Arbitrary<Literal>,
  most: number,
  name: fc.Arbitrary<string> = commandName,
): fc.Arbitrary<Invocation> {
  const args = fc.array(literal, { maxLength: most });
  const kwargs = fc.uniqueArray(fc.record({ name: kwName, value: literal }), {
    maxLength: most,
    selector: ({ name }) => name.text,
  });
  const rest = { source: fc.constant(""), args, kwargs, span: fc.constant(span) };
  return fc.oneof(
    fc.record({ ...rest, service: fc.constant(null), command: named(name) }),
    fc.record({ ...rest, service: named(text), command: named(text) }),
    // A command that is no name has only call_service to stand in, where a text after it would be taken for the command.
    fc.record({
      ...rest,
      service: fc.constant(null),
      command: named(fc.constantFrom("call_service", "not a name", "", "if", "é", "a.b.")),
      args: args.filter(([first]) => first?.kind !== "str"),
    }),
  );
}

const { literal } = fc.letrec<{ key: Literal; literal: Literal }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie("key"), { maxLength: 2 }).map((items): Literal => ({ kind: "tuple", items, span })),
  ),
  literal: fc.oneof(
    { maxDepth: 4 },
    { weight: 12, arbitrary: scalar },
    { weight: 1, arbitrary: huge },
    {
      weight: 12,
      arbitrary: fc.array(tie("literal"), { maxLength: 3 }).map((items): Literal => ({ kind: "list", items, span })),
    },
    {
      weight: 12,
      arbitrary: fc.array(tie("literal"), { maxLength: 3 }).map((items): Literal => ({ kind: "tuple", items, span })),
    },
    {
      weight: 12,
      arbitrary: fc.array(tie("key"), { maxLength: 3 }).map((items): Literal => ({ kind: "set", items, span })),
    },
    {
      weight: 12,
      arbitrary: fc
        .array(fc.record({ key: tie("key"), value: tie("literal") }), { maxLength: 3 })
        .map((entries): Literal => ({ kind: "dict", entries, span })),
    },
    {
      weight: 3,
      arbitrary: makeInvocation(tie("literal"), 2).map(
        (invocation): Literal => ({ kind: "call", text: "", invocation, span }),
      ),
    },
  ),
}));

const invocation = makeInvocation(literal, 4, fc.oneof({ weight: 4, arbitrary: commandName }, valueName));

// GRAMMAR_TREES=100000 makes that many, GRAMMAR_SEED other ones.
const numRuns = Number(process.env["GRAMMAR_TREES"] ?? 500);
const seed = Number(process.env["GRAMMAR_SEED"] ?? 311);
const limits = { bytes: 65_536, nesting: 64, nodes: 50_000 };

test("parse(format(x)) is x for every tree", { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(invocation, (tree) => {
      const printed = format(tree);
      if (Buffer.byteLength(printed) > limits.bytes) return;
      const read = parse(printed, { ...limits, calls: true });
      expect(canonicalCall(read)).toEqual(canonicalCall(tree));
      expect(format(read)).toBe(printed);
    }),
    { numRuns, seed },
  );
});

test("printing what was read, and reading it again, changes nothing", { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(fc.oneof(source, nested), (text) => {
      const first = read(text);
      if (first === null) return;
      const printed = format(first);
      const again = parse(printed, { ...limits, calls: true });
      expect(canonicalCall(again)).toEqual(canonicalCall(first));
      expect(format(again)).toBe(printed);
    }),
    { numRuns, seed },
  );
});

function read(text: string): Invocation | null {
  try {
    return parse(text, { ...limits, calls: true });
  } catch (error) {
    if (error instanceof ParseFault) return null;
    throw error;
  }
}

test("a call among the arguments whose name is a value there is printed so that it can be read", () => {
  for (const name of ["set", "null", "true", "false.x", "null.x"]) {
    const text = `f(call_service('${name}'))`;
    expect(format(parse(text, { calls: true }))).toBe(text);
  }
  // Only without arguments is set() a value.
  expect(format(parse("f(set([1]))", { calls: true }))).toBe("f(set([1]))");
});

test("toValue(fromValue(x)) is x for every JSON value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const back = toValue(fromValue(value), { inf: true });
      expect(JSON.stringify(back)).toBe(JSON.stringify(value));
    }),
    { numRuns: 200, seed },
  );
});

test("prints integers beyond the digit limit so that they can be read back", () => {
  for (const value of [10n ** 4299n, 10n ** 4300n, -(10n ** 5000n), 16n ** 3570n, 16n ** 3569n]) {
    const tree = {
      source: "",
      service: null,
      command: { text: "f", span },
      args: [fromValue(value)],
      kwargs: [],
      span,
    };
    expect(parse(format(tree)).args[0]).toMatchObject({ kind: "int", value });
  }
});
