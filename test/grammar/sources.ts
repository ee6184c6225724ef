import fc from "fast-check";

// Source texts of the language in all its spellings, and near misses of them.

const layout = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(" ", "\t", "\n", "\r\n", "\r", "\f", "\\\n", "\\\r\n", "  # note\n", "#'(\r"),
  },
);
const gap = fc.oneof(
  { weight: 9, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(" ", "\t", "\\\n", "\f") },
);

const fragment = fc.constantFrom(
  ..."abN01xu{}#()[],:=",
  "'",
  '"',
  "''",
  '""',
  "\n",
  "\r\n",
  "\r",
  "\t",
  "é",
  "漢",
  "😀",
  "\u2028",
  "\\\\",
  "\\'",
  '\\"',
  "\\n",
  "\\r",
  "\\0",
  "\\7",
  "\\101",
  "\\777",
  "\\x41",
  "\\xe9",
  "\\u00e9",
  "\\ud800",
  "\\U0001F600",
  "\\\n",
  "\\\r\n",
  "\\\r",
  "\\q",
  "\\8",
  "\\N",
  "\\N{DIGIT ONE}",
  "\\u12",
  "\\x4",
  "\\U00110000",
  "__proto__",
  " ",
);
const prefix = fc.constantFrom("", "", "", "", "r", "R", "u", "U", "b", "B", "br", "rb", "Rb", "bR", "BR", "f", "ur");
const piece = fc
  .tuple(prefix, fc.constantFrom("'", '"', "'''", '"""'), fc.array(fragment, { maxLength: 5 }))
  .map(([before, quote, parts]) => before + quote + parts.join("") + quote);
const plainPiece = fc
  .array(fc.constantFrom("a", "b", " ", "\\n", "\\x41", "漢"), { maxLength: 4 })
  .map((parts) => `'${parts.join("")}'`);
const text = fc.oneof(
  { weight: 3, arbitrary: plainPiece },
  { weight: 3, arbitrary: piece },
  { weight: 1, arbitrary: fc.tuple(plainPiece, layout, plainPiece).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.tuple(piece, layout, piece).map((parts) => parts.join("")) },
);

const digits = fc.stringMatching(/^[0-9](_?[0-9]){0,6}$/);
const number = fc.oneof(
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^0[xXoObB]_?[0-9a-fA-F_]{1,8}$/),
  fc
    .tuple(digits, fc.constantFrom("", ".", "e", "E-", ".e+"), fc.option(digits, { nil: "" }))
    .map((parts) => parts.join("")),
  fc.constantFrom(
    "0",
    "00",
    "0_0",
    "007",
    "1e999",
    "-1e999",
    "0.0",
    "1_000",
    "2j",
    "1.",
    ".5",
    "1._5",
    "09.5",
    "1__0",
    "0x_f",
    "5e-324",
    "1e16",
    "1e-5",
  ),
);
const signed = fc
  .tuple(fc.constantFrom("", "", "", "-", "+", "- ", "-(", "--"), number)
  .map(([sign, digit]) => sign + digit + (sign === "-(" ? ")" : ""));
const word = fc.constantFrom("True", "False", "None", "true", "false", "null", "set()", "set( )");
const leaf = fc.oneof({ weight: 4, arbitrary: text }, { weight: 3, arbitrary: signed }, { weight: 2, arbitrary: word });

const spread = (item: fc.Arbitrary<string>) => fc.tuple(layout, item, layout).map((parts) => parts.join(""));
const listOf = (item: fc.Arbitrary<string>, maxLength: number) =>
  fc
    .tuple(fc.array(spread(item), { maxLength }), fc.constantFrom("", "", ","))
    .map(([items, last]) => items.join(",") + (items.length > 0 ? last : ""));

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    listOf(tie("value"), 3).map((items) => `[${items}]`),
    listOf(tie("value"), 3).map((items) => `(${items})`),
    listOf(tie("value"), 2).map((items) => `{${items}}`),
    listOf(
      fc.tuple(leaf, layout, tie("value")).map(([key, space, item]) => `${key}:${space}${item}`),
      3,
    ).map((items) => `{${items}}`),
  ),
}));

const name = fc.oneof(
  fc.constantFrom("f", "a.b", "a . b", "get_app_status", "_x1", "match", "null", "if", "f.None", "__debug__"),
  fc.stringMatching(/^[a-z_]{1,6}$/),
);
const keyword = fc
  .tuple(fc.constantFrom("a", "b", "c", "true", "None", "é"), gap, gap, value)
  .map(([key, left, right, item]) => `${key}${left}=${right}${item}`);
const tail = fc.constantFrom("", "", "", "", " ", "\n", " # end", "\r\n\n", "\n # end\n", ";", "\n\f");

/** Mostly in the language. */
export const source = fc
  .tuple(
    layout,
    name,
    gap,
    listOf(value, 4),
    fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 2, arbitrary: listOf(keyword, 2) }),
    layout,
    tail,
  )
  .map(([lead, command, space, args, kwargs, inner, rest]) => {
    const comma = args !== "" && kwargs !== "" && !args.endsWith(",") ? "," : "";
    return `${lead}${command}${space}(${args}${comma}${kwargs}${inner})${rest}`;
  });

const noise = fc.constantFrom(
  ..."'\"\\()[]{},:=+-*/.#\n\r \t_019eExjJbrufN…“é@;!",
  "\u00a0",
  "\0",
  "\ud800",
  "lambda",
  " for ",
  " if ",
  " in ",
  "None",
  "f(",
  "**",
  "...",
  ":=",
  "'''",
);

/** A source with a few characters taken out, put in or doubled. */
export const mutated = fc
  .tuple(
    source,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("cut", "put", "swap", "double"), noise), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [where, how, extra] of edits) {
      const at = where % (result.length + 1);
      const after = how === "put" ? at : at + 1;
      const middle = how === "cut" ? "" : how === "double" ? result.charAt(at).repeat(2) : extra;
      result = result.slice(0, at) + middle + result.slice(after);
    }
    return result;
  });
