import { defaultLimits, ParseFault, parse } from "rustiq/grammar";
import { describe, expect, test } from "vitest";

const codeOf = (source: string, limits = {}): string => {
  try {
    parse(source, limits);
    return "accepted";
  } catch (error) {
    if (error instanceof ParseFault) return error.code;
    throw error;
  }
};

const highest = { bytes: 65_536, nesting: 64, nodes: 50_000, digits: 4300 };

describe("a limit is the last value that passes", () => {
  const nested = (depth: number) => `f(${"[".repeat(depth)}${"]".repeat(depth)})`;
  test.each([
    ["bytes", `f('${"a".repeat(16 * 1024 - 5)}')`, `f('${"a".repeat(16 * 1024 - 4)}')`, "too-long"],
    ["bytes of UTF-8", `f('${"é".repeat(8189)}')`, `f('${"é".repeat(8190)}')`, "too-long"],
    ["nesting", nested(32), nested(33), "too-deep"],
    [
      "nesting of groups",
      `f(${"(".repeat(32)}1${")".repeat(32)})`,
      `f(${"(".repeat(33)}1${")".repeat(33)})`,
      "too-deep",
    ],
    ["digits", `f(${"9".repeat(4300)})`, `f(${"9".repeat(4301)})`, "too-many-digits"],
  ])("%s", (_what, passes, fails, code) => {
    expect(codeOf(passes)).toBe("accepted");
    expect(codeOf(fails)).toBe(code);
  });

  test("nodes", () => {
    expect(codeOf(`f(${"1,".repeat(10)})`, { nodes: 12 })).toBe("accepted");
    expect(codeOf(`f(${"1,".repeat(11)})`, { nodes: 12 })).toBe("too-many-nodes");
  });
});

test("brackets, digits and quotes inside texts and comments do not count", () => {
  expect(codeOf(`f('${"[".repeat(100)}')`)).toBe("accepted");
  expect(codeOf(`f(r'${"[".repeat(100)}\\'[', """'["'${"(".repeat(99)}""") # ${"[".repeat(100)}`)).toBe("accepted");
  expect(codeOf(`f('${"9".repeat(5000)}', ${"9".repeat(5000)}.0, 0x${"9".repeat(5000)})`)).toBe("accepted");
});

test.each([
  ["a joined line", `'\\\n'`],
  ["a joined line that ends with CR LF", `'\\\r\n'`],
  ["a joined line in raw bytes", `rb"\\\r\n"`],
  ["a joined line after a backslash", `'\\\\\\\r\n'`],
  ["line ends in a long text", `'''\r\n\r'''`],
  ["an escaped quote", `'\\''`],
  ["a quote in a comment", "# it's\r1"],
])("%s hides nothing from the limits", (_what, text) => {
  expect(codeOf(`f(${text}, 1)`)).toBe("accepted");
  expect(codeOf(`f(${text}, ${"[".repeat(2000)}${"]".repeat(2000)})`)).toBe("too-deep");
  expect(codeOf(`f(${text}, ${"9".repeat(4301)})`)).toBe("too-many-digits");
  expect(codeOf(`f(${text}, ${"1,".repeat(8000)})`, { bytes: 65_536, nodes: 7000 })).toBe("too-many-nodes");
});

test("limits can be raised to the highest and no further, and nonsense is the default", () => {
  expect(codeOf(`f(${"[".repeat(64)}${"]".repeat(64)})`, { nesting: 1e9 })).toBe("accepted");
  expect(codeOf(`f(${"[".repeat(65)}${"]".repeat(65)})`, { nesting: 1e9 })).toBe("too-deep");
  expect(codeOf(`f('${"a".repeat(defaultLimits.bytes)}')`, { bytes: Number.NaN })).toBe("too-long");
  expect(codeOf(`f('${"a".repeat(65_536)}')`, { bytes: Number.POSITIVE_INFINITY })).toBe("too-long");
});

test("what is not a text is refused like any other mistake", () => {
  for (const source of [undefined, null, 5, {}, ["f()"]]) expect(codeOf(source as string)).toBe("not-text"); // as a JavaScript caller could
});

// Within the limits nothing may overflow the stack. How long it takes is measured by the bench, but for what grows with the
// square of the length: that would be seen below.
describe("hostile texts", () => {
  const size = 16 * 1024;
  const fill = (unit: string, around: readonly [string, string] = ["f(", ")"]) =>
    around[0] + unit.repeat(Math.floor((size - around.join("").length) / Buffer.byteLength(unit))) + around[1];
  test.each([
    ["a list of ones", fill("1,", ["f([", "])"]), "accepted"],
    ["texts side by side", fill("''"), "accepted"],
    ["texts side by side, spaced", fill("'' "), "accepted"],
    ["backslashes", fill("\\\\", ["f('", "')"]), "accepted"],
    ["backslashes, unclosed", fill("\\", ["f('", ""]), "unclosed-quote"],
    ["escapes", fill("\\x41", ["f('", "')"]), "accepted"],
    ["quotes of the other kind", fill("'", ['f("', '")']), "accepted"],
    ["quotes in a long text", fill("''a", ["f('''", "''')"]), "accepted"],
    ["wide characters", fill("😀", ["f('", "')"]), "accepted"],
    ["a long text that never ends", fill("a", ["f('''", ""]), "unclosed-quote"],
    ["openings of long texts", fill("''' '' ", ["f(", ""]), "unclosed-bracket"],
    ["openings of texts, line after line", fill("'\n"), "unclosed-quote"],
    ["open brackets", fill("["), "too-deep"],
    ["brackets at the limit", fill(`${"[".repeat(32)}${"]".repeat(32)},`), "accepted"],
    ["groups at the limit", fill(`${"(".repeat(32)}1${")".repeat(32)},`), "accepted"],
    ["sets that may be dicts", fill("{1,2},"), "accepted"],
    ["nested dicts", fill(`${"{1:".repeat(32)}1${"}".repeat(32)},`), "accepted"],
    ["comments", fill("#\n"), "accepted"],
    ["line ends", fill("\n"), "accepted"],
    ["line ends after a name", fill("\n", ["f(a", ")"]), "bare-name"],
    ["continuations", fill("\\\n"), "accepted"],
    ["keywords", `f(${Array.from({ length: 1800 }, (_, index) => `a${index}=1`).join(",")})`, "accepted"],
    ["dots", fill("a.", ["", "a()"]), "accepted"],
    ["dotted names as values", fill("a.", ["f(", "a)"]), "attribute"],
    ["signs", fill("-", ["f(", "1)"]), "bad-sign"],
    ["underscored digits", fill("1_", ["f(0x", "1)"]), "accepted"],
    ["digits of a float", fill("1", ["f(", ".0)"]), "accepted"],
    ["64 KiB of digits with an exponent", `f(${"1".repeat(65_000)}e5)`, "accepted"],
    ["64 KiB of digits and a letter", `f(${"1".repeat(65_000)}a)`, "bad-number"],
    ["floats that are none", fill("1.", ["f(", ")"]), "bad-number"],
    ["operators", fill("+1", ["f(1", ")"]), "operator"],
    ["backslashes alone", fill("\\ "), "bad-character"],
    ["one long name", fill("a", ["", "()"]), "accepted"],
    ["bytes", fill("b''"), "accepted"],
    ["64 KiB of ones", `f([${"1,".repeat(32_700)}])`, "accepted"],
    ["64 KiB of texts, unclosed", `f(${"'' ".repeat(21_000)}'`, "unclosed-quote"],
    ["64 KiB of a dotted name as a value", `f(${"a.".repeat(32_000)})`, "bare-name"],
    ["64 KiB of names and calls", `f(${"a.b(".repeat(60)}${"c.".repeat(32_000)}`, "nested-call"],
    ["prefixes", fill("rb"), "bare-name"],
  ])("%s", { timeout: 5000 }, (_what, source, outcome) => {
    expect(Buffer.byteLength(source)).toBeLessThanOrEqual(4 * size);
    expect(codeOf(source, highest)).toBe(outcome);
    // Whoever takes calls as arguments reads further before it refuses.
    expect(codeOf(source, { ...highest, calls: true })).toMatch(/^[a-z-]+$/);
  });
});
