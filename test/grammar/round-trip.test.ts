import fc from "fast-check";
import { format, fromValue, type Invocation, type Literal, parse, toValue } from "rustiq/grammar";
import { expect, test } from "vitest";
import { canonicalCall } from "./canonical.ts";

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

const { literal } = fc.letrec<{ key: Literal; literal: Literal }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie("key"), { maxLength: 2 }).map((items): Literal => ({ kind: "tuple", items, span })),
  ),
  literal: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("literal"), { maxLength: 3 }).map((items): Literal => ({ kind: "list", items, span })),
    fc.array(tie("literal"), { maxLength: 3 }).map((items): Literal => ({ kind: "tuple", items, span })),
    fc.array(tie("key"), { maxLength: 3 }).map((items): Literal => ({ kind: "set", items, span })),
    fc
      .array(fc.record({ key: tie("key"), value: tie("literal") }), { maxLength: 3 })
      .map((entries): Literal => ({ kind: "dict", entries, span })),
  ),
}));

const named = (words: fc.Arbitrary<string>) => words.map((word) => ({ text: word, span }));
const commandName = fc.constantFrom("f", "get_app_status", "a.b.c", "_", "match", "null", "set");
const kwargs = fc.uniqueArray(fc.record({ name: named(fc.stringMatching(/^k[a-z0-9_]{0,4}$/)), value: literal }), {
  maxLength: 3,
  selector: ({ name }) => name.text,
});
const args = fc.array(literal, { maxLength: 4 });

const invocation: fc.Arbitrary<Invocation> = fc.oneof(
  fc.record({
    source: fc.constant(""),
    service: fc.constant(null),
    command: named(commandName),
    args,
    kwargs,
    span: fc.constant(span),
  }),
  fc.record({
    source: fc.constant(""),
    service: named(text),
    command: named(text),
    args,
    kwargs,
    span: fc.constant(span),
  }),
  // A command that is no name has only call_service to stand in, where a text after it would be taken for the command.
  fc.record({
    source: fc.constant(""),
    service: fc.constant(null),
    command: named(fc.constantFrom("call_service", "not a name", "", "if", "é", "a.b.")),
    args: args.filter(([first]) => first?.kind !== "str"),
    kwargs,
    span: fc.constant(span),
  }),
);

const numRuns = Number(process.env["GRAMMAR_TREES"] ?? 500);

test("parse(format(x)) is x for every tree", { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(invocation, (tree) => {
      const printed = format(tree);
      const limits = { bytes: 65_536, nesting: 64, nodes: 50_000 };
      const read = parse(printed, limits);
      expect(canonicalCall(read)).toEqual(canonicalCall(tree));
      expect(format(read)).toBe(printed);
    }),
    { numRuns },
  );
});

test("toValue(fromValue(x)) is x for every JSON value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const back = toValue(fromValue(value), { inf: true });
      expect(JSON.stringify(back)).toBe(JSON.stringify(value));
    }),
    { numRuns: 200 },
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
