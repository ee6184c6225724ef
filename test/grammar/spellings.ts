import fc from "fast-check";

// Texts, numbers and layout in all their spellings, and near misses of them.

const pick = (...texts: readonly string[]) => fc.constantFrom(...texts);
const join = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((texts) => texts.join(""));
const run = (part: fc.Arbitrary<string>, minLength: number, maxLength: number) =>
  fc.array(part, { minLength, maxLength }).map((parts) => parts.join(""));

/** Mostly nothing: where the language allows layout, and line ends within it. */
export const layout = fc.oneof(
  { weight: 16, arbitrary: fc.constant("") },
  { weight: 3, arbitrary: pick(" ", "\t", "  ", "\n") },
  {
    weight: 2,
    arbitrary: pick("\r\n", "\r", "\f", " \f\t", "\\\n", "\\\r\n", "\\\r", "\n\n\r\r\n", "  # note\n", "#\r", "#'(\r"),
  },
  { weight: 1, arbitrary: pick("# it's\n", '#"""\r\n', "# ]})\r", "# é漢😀\n", "#\\\n", "\n# '''\n#\n", "#\f\\\r\n") },
);

/** Between a name and its bracket or dot: no line ends but joined ones. */
export const gap = fc.oneof(
  { weight: 12, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: pick(" ", "\t", "\f", "\\\n", "\\\r\n", " \\\r ") },
);

const plain = pick(..."abN01xu{}#()[],:= _-/", "__proto__", "é", "漢", "😀", "\u2028", "\u00a0", "\u007f", "\t", "\f");
const lineEnds = pick("\n", "\r\n", "\r", "\r\r\n", "\\\n", "\\\r\n", "\\\r");
const quotes = pick("'", '"', "''", '""', "\\'", '\\"', "\\\\", "\\\\\\'", "'''", '"""');
const short = pick(..."\\abfnrtv\"'01qz8N ".split("").map((char) => `\\${char}`), "\\é", "\\😀", "\\\u2028", "\\\t");
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-fA-F]{${digits}}$`));
const octal = fc.stringMatching(/^\\[0-7]{1,4}$/);
const numeric = fc.oneof(
  octal,
  join(fc.constant("\\x"), hex(2)),
  join(fc.constant("\\u"), hex(4)),
  join(fc.constant("\\U000"), hex(5)),
  join(fc.constant("\\U0010"), hex(4)),
  pick("\\ud83d\\ude00", "\\ud800", "\\udfff", "\\U0010FFFF", "\\U0000d83d"),
);
const incomplete = fc.oneof(
  pick("\\N{DIGIT ONE}", "\\N{", "\\N{}", "\\\\N{x}", "\\U00110000", "\\U0001F60", "\\"),
  join(pick("\\x", "\\u", "\\U"), fc.stringMatching(/^[0-9a-g]{0,7}$/)),
);
const fragment = fc.oneof(
  { weight: 8, arbitrary: plain },
  { weight: 4, arbitrary: short },
  { weight: 4, arbitrary: numeric },
  { weight: 2, arbitrary: quotes },
  { weight: 2, arbitrary: lineEnds },
  { weight: 1, arbitrary: fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: incomplete }) },
);
const asciiFragment = fc.oneof(
  { weight: 4, arbitrary: pick(..."abN01xu{}#()[],:= \t\f\x7f") },
  { weight: 4, arbitrary: pick(..."\\abfnrtv\"'01qz8uUN ".split("").map((char) => `\\${char}`)) },
  { weight: 3, arbitrary: fc.oneof(octal, join(fc.constant("\\x"), hex(2))) },
  { weight: 1, arbitrary: pick("\\N{a}", "\\u12", "\\U0011", "\\N", "\\u", "\\U", "\\x", "\\x4", "é", "\\é") },
  { weight: 2, arbitrary: lineEnds },
);

const quoted = (prefix: fc.Arbitrary<string>, part: fc.Arbitrary<string>, marks = ["'", '"', "'''", '"""']) =>
  fc
    .tuple(prefix, pick(...marks), fc.array(part, { maxLength: 6 }))
    .map(([before, mark, parts]) => before + mark + parts.join("") + mark);
const plainPiece = quoted(
  fc.constant(""),
  fc.oneof(pick("a", "b", " ", "é", "漢", "😀", "\\n", "\\\\", "\\q"), numeric),
  ["'", '"', '"""'],
);
const piece = quoted(pick("", "", "", "r", "R", "u", "U"), fragment);
const longPiece = quoted(pick("", "r", "u", "R"), fc.oneof(fragment, lineEnds, pick("'", '"', "\\'")), ["'''", '"""']);
const bytesPiece = quoted(pick("b", "B", "br", "bR", "Br", "BR", "rb", "rB", "Rb", "RB"), asciiFragment);
const oddPiece = quoted(pick("f", "F", "fr", "Rf", "ur", "bu", "bb", "rr", "x", "d", "bf", "é"), fragment);
const sideBySide = (one: fc.Arbitrary<string>, most: number) => run(join(one, layout), 1, most);

/** Text and bytes literals, one piece or several. */
export const text = fc.oneof(
  { weight: 6, arbitrary: plainPiece },
  { weight: 3, arbitrary: piece },
  { weight: 2, arbitrary: longPiece },
  { weight: 2, arbitrary: bytesPiece },
  { weight: 2, arbitrary: sideBySide(plainPiece, 3) },
  { weight: 1, arbitrary: sideBySide(piece, 3) },
  { weight: 1, arbitrary: sideBySide(bytesPiece, 3) },
);

/** Many pieces side by side, of one kind. */
export const longText = fc.oneof(
  fc
    .tuple(plainPiece, layout, fc.integer({ min: 50, max: 1200 }))
    .map(([one, space, times]) => `${one}${space}`.repeat(times)),
  sideBySide(plainPiece, 60),
  sideBySide(pick("b''", "rb'\\'", "B'a'", "b'\\0'"), 60),
);

/** A prefix that no text has, a formatted string, or text and bytes mixed. */
export const oddText = fc.oneof(oddPiece, join(plainPiece, layout, bytesPiece), join(bytesPiece, layout, oddPiece));

const digits = fc.stringMatching(/^[0-9](_?[0-9]){0,6}$/);
const whole = fc.stringMatching(/^[1-9](_?[0-9]){0,24}$/);
const float = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(digits, pick("", ".", ".0", "._"), pick("e", "E", "e-", "E+"), fc.stringMatching(/^[0-9]{1,3}$/))
    .map((parts) => parts.join("")),
  join(digits, fc.constant("."), fc.oneof(fc.constant(""), digits)),
  join(fc.constant("."), digits),
  pick(
    "1e999",
    "1e-999",
    "0.0",
    "1.",
    ".5",
    "09.5",
    "5e-324",
    "2.4703282292062327e-324",
    "1e16",
    "1e-5",
    "1e22",
    "9007199254740993.0",
  ),
  pick(
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "0.1e-400",
    "123456789012345678901234567890.5e-30",
    "1_0.0_1e1_0",
  ),
);
const based = fc.oneof(
  fc.stringMatching(/^0[xX](_?[0-9a-fA-F]){1,20}$/),
  fc.stringMatching(/^0[oO](_?[0-7]){1,20}$/),
  fc.stringMatching(/^0[bB](_?[01]){1,20}$/),
);
const oddNumber = pick(
  "007",
  "0_7",
  "2j",
  "1.5J",
  "0j",
  "1._5",
  "1__0",
  "1_",
  "0x",
  "0x_",
  "0o8",
  "0b2",
  "0_x1",
  "1e",
  "1e+",
  "1.e_5",
  "1.2.3",
  "..5",
  "1a",
  "0xg",
  "1if",
);

/** Numbers without a sign. */
const number = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String) },
  { weight: 6, arbitrary: whole },
  { weight: 9, arbitrary: based },
  { weight: 15, arbitrary: float },
  {
    weight: 3,
    arbitrary: pick("0", "00", "0_0", "1_000", "9007199254740991", "9007199254740992", "18446744073709551616"),
  },
  { weight: 1, arbitrary: oddNumber },
);

/** Integers around CPython's limit of 4,300 decimal digits, which underscores and leading zeros do not count to. */
export const hugeNumber = fc
  .tuple(
    fc.integer({ min: 4290, max: 4303 }),
    pick("1", "9", "1_0", "0", "0x9", "0b1", "1.", "00"),
    pick("", "", "e5", "j"),
  )
  .map(([size, first, last]) => first + "7".repeat(size - first.length) + last);

/** A number with its sign; the last ones are no numbers. */
const signed = fc.oneof(
  { weight: 24, arbitrary: number },
  { weight: 18, arbitrary: join(pick("-", "+"), layout, number) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(pick("-", "+"), layout, fc.integer({ min: 1, max: 4 }), number)
      .map(([sign, space, depth, digit]) => `${sign}${space}${"(".repeat(depth)}${space}${digit}${")".repeat(depth)}`),
  },
  { weight: 1, arbitrary: join(pick("--", "-(-", "-(-(", "- +", "~", "-(+"), number).map(closeBrackets) },
);

const word = fc.constantFrom("True", "False", "None", "true", "false", "null", "set()", "set( )", "set\n(\r)");
/** A value without brackets. */
export const leaf = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 4, arbitrary: signed },
  { weight: 2, arbitrary: word },
);

/** Adds the closing brackets that a text without quotes lacks. */
function closeBrackets(opened: string): string {
  return opened + ")".repeat(opened.split("(").length - opened.split(")").length);
}
