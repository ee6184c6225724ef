import fc from "fast-check";
import { badName, edits, mistake, noise } from "./mistakes.ts";
import { gap, hugeNumber, layout, leaf, longText } from "./spellings.ts";

// Source texts of the language, and such with mistakes in them.

const spread = (item: fc.Arbitrary<string>) => fc.tuple(layout, item, layout).map((parts) => parts.join(""));
const listOf = (item: fc.Arbitrary<string>, maxLength: number) =>
  fc
    .tuple(fc.array(spread(item), { maxLength }), fc.constantFrom("", "", ","))
    .map(([items, last]) => items.join(",") + (items.length > 0 ? last : ""));

/** Containers around these leaves. */
function makeValue(content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 6, arbitrary: content },
      { weight: 1, arbitrary: listOf(tie("value"), 3).map((items) => `[${items}]`) },
      { weight: 1, arbitrary: listOf(tie("value"), 3).map((items) => `(${items})`) },
      { weight: 1, arbitrary: listOf(content, 3).map((items) => `{${items}}`) },
      {
        weight: 1,
        arbitrary: listOf(
          fc
            .tuple(content, layout, layout, tie("value"))
            .map(([key, before, after, item]) => `${key}${before}:${after}${item}`),
          3,
        ).map((items) => `{${items}}`),
      },
    ),
  })).value;
}

/** Brackets in brackets, to the highest limit. */
const deep = fc
  .tuple(fc.array(fc.constantFrom("[]", "()", "{1:}", "[0,]", "(,)"), { minLength: 8, maxLength: 60 }), leaf)
  .map(([around, inner]) =>
    around.reduce((item, pair) => {
      const [before, after] = pair === "(,)" ? ["(", ",)"] : [pair.slice(0, -1), pair.slice(-1)];
      return before + item + after;
    }, inner),
  );

const value = makeValue(leaf);
const rare = fc.oneof(deep, longText, hugeNumber);

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("f", "get_app_status", "_x1", "match", "null", "set", "True_") },
  { weight: 3, arbitrary: fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("a", "b_1", "_"), gap, gap)
      .map(([part, left, right]) => `${part}${left}.${right}c`),
  },
  { weight: 1, arbitrary: fc.constantFrom("a.b.c.d", "call_service") },
);
const keyName = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("a", "b", "c", "true", "null", "match", "_", "A1") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("None", "class", "__debug__", "é", "a.b", "'a'", "1", "lambda", "True", "ﬁ", "a b"),
  },
);
const tail = fc.oneof(
  { weight: 30, arbitrary: fc.constant("") },
  {
    weight: 10,
    arbitrary: fc.constantFrom(
      " ",
      "\n",
      " # end",
      "\r\n\n",
      "\n # end\n",
      "\n\f",
      "\r",
      "\n\t",
      " \\\n",
      "#'",
      "\n#\n\n \n",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ";",
      ",",
      "\ng()",
      " g()",
      ")",
      "]",
      "; f()",
      " = 1",
      ".x",
      "[0]",
      "(1)",
      "\\",
      "\n\\\n",
      " if 1",
      "\n  x",
      "\0",
      "\x1a",
    ),
  },
);
const lead = fc.oneof(
  { weight: 40, arbitrary: layout },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "\ufeff",
      ">>> ",
      "$ ",
      "\u00a0",
      "# -*- coding: latin-1 -*-\n",
      "#!/usr/bin/python\n",
      "# \ud800\n",
      "#\0\n",
      "\\\n ",
    ),
  },
);

function makeCall(item: fc.Arbitrary<string>, called: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const keyword = fc
    .tuple(keyName, layout, layout, item)
    .map(([key, left, right, given]) => `${key}${left}=${right}${given}`);
  const kwargs = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 2, arbitrary: listOf(keyword, 3) });
  return fc
    .tuple(lead, called, gap, listOf(item, 4), kwargs, layout, tail)
    .map(([first, command, space, args, named, inner, rest]) => {
      const comma = args !== "" && named !== "" && !args.endsWith(",") ? "," : "";
      return `${first}${command}${space}(${args}${comma}${named}${inner})${rest}`;
    });
}

/** Mostly in the language. */
export const source = fc.oneof(
  { weight: 12, arbitrary: makeCall(value, name) },
  { weight: 1, arbitrary: makeCall(fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: rare }), name) },
);

// null, which names a command, is a value among the arguments; once in a while it stands there all the same.
const innerName = fc.oneof(
  { weight: 20, arbitrary: name.filter((text) => text !== "null") },
  { weight: 4, arbitrary: fc.constantFrom("set", "a.b", "match") },
  { weight: 1, arbitrary: fc.constantFrom("null", "true . x") },
);
const inner = makeCall(makeValue(leaf), innerName).map((call) => call.trim());
const service = fc
  .tuple(
    fc.array(fc.oneof(leaf, fc.constantFrom("'s'", "'s'", "u'''c'''", "b's'", '"c"'))),
    layout,
    fc.constantFrom("", "", "", "x=1", "command='c'"),
  )
  .map(([items, space, last]) => `call_service(${[...items, last].join(`,${space}`)})`);

/** With calls among the arguments. */
export const nested = makeCall(
  makeValue(
    fc.oneof({ weight: 12, arbitrary: leaf }, { weight: 8, arbitrary: inner }, { weight: 1, arbitrary: service }),
  ),
  name,
);

/** With a value or a name that is none. */
export const mistaken = fc.oneof(
  {
    weight: 5,
    arbitrary: makeCall(makeValue(fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: mistake })), name),
  },
  { weight: 2, arbitrary: makeCall(fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: mistake }), name) },
  { weight: 1, arbitrary: makeCall(value, badName) },
);

/** A source with a few characters or tokens taken out, put in, doubled or exchanged. */
export const mutated = fc
  .tuple(source, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...edits), noise), { minLength: 1, maxLength: 3 }))
  .map(([text, changes]) => changes.reduce((result, [at, edit, extra]) => edit(result, at, extra), text));
