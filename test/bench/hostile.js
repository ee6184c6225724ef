// Texts that a parser could choke on, each as long as the limits allow.

const openings = ["[", "(", "{", "-(", "{1:", "g(", "g(a=", "[{(", "{'k':["];

/** Texts by name, each of at most so many bytes of UTF-8, with brackets as deep as the limits for that length allow. */
export function hostileTexts(bytes, depth = bytes > 16 * 1024 ? 63 : 31) {
  const fill = (unit, [before, after] = ["f(", ")"]) => {
    const count = Math.floor((bytes - before.length - after.length) / Buffer.byteLength(unit));
    return before + unit.repeat(count) + after;
  };
  const nest = (open, close) => `${open.repeat(depth)}1${close.repeat(depth)},`;
  const closing = { "[": "]", "(": ")", "{": "}" };
  const close = (open) =>
    [...open]
      .toReversed()
      .flatMap((char) => closing[char] ?? [])
      .join("");
  return {
    "ones in a list": fill("1,", ["f([", "])"]),
    "ones in a set": fill("1,", ["f({", "})"]),
    "ones in a set that ends as a dict": fill("1,", ["f({", "1:1})"]),
    "ones without commas": fill("1 "),
    "ones and a mistake at the end": fill("1,", ["f([", "x])"]),
    entries: fill("1:1,", ["f({", "})"]),
    "empty texts": fill("'',"),
    "empty texts side by side": fill("'' "),
    "bytes side by side": fill("b''"),
    "texts then bytes": fill("''", ["f(", "b'')"]),
    "long text, escapes": fill("\\x41", ["f('", "')"]),
    "long text, octal": fill("\\7", ["f('", "')"]),
    "long text, backslashes": fill("\\\\", ["f('", "')"]),
    "long text, wide characters": fill("\u{1F600}", ["f('", "')"]),
    "long text, quotes": fill("''a", ["f('''", "''')"]),
    "long bytes": fill("\\xff", ["f(b'", "')"]),
    "triple quotes that never close": fill("''' ", ["f(", ""]),
    "quotes that never close": fill("a", ["f('", ""]),
    "backslashes that never close": fill("\\", ["f('", ""]),
    "one name": fill("a", ["", "()"]),
    "one dotted name": fill("a.", ["", "a()"]),
    "one dotted name as a value": fill("a.", ["f(", "a)"]),
    keywords: Array.from({ length: Math.floor(bytes / 9) }, (_, index) => `k${10000 + index}=1`)
      .join(",")
      .replace(/^/, "f(")
      .slice(0, bytes - 9)
      .replace(/,[^,]*$/, ")"),
    "empty lists": fill("[],"),
    "empty tuples": fill("(),"),
    "empty dicts": fill("{},"),
    "empty sets": fill("set(),"),
    groups: fill("(1),"),
    "signed groups": fill("-(1),"),
    sets: fill("{1},"),
    "tuples in a set": fill("(1,),", ["f({", "})"]),
    "nested calls": fill("g(),"),
    "line ends": fill("\n"),
    comments: fill("#\n"),
    "joined lines": fill("\\\n"),
    "layout between values": fill(" 1 ,\n"),
    "numbers with underscores": fill("1_", ["f(", "1)"]),
    "a long float": fill("1", ["f(0.", ")"]),
    "a long hex number": fill("f", ["f(0x", ")"]),
    constants: fill("True,"),
    ...Object.fromEntries(
      openings.map((open) => [
        `${open} in the deepest nesting`,
        fill(nest(open, close(open)).replace(/\{1\}/g, "{1:1}")),
      ]),
    ),
  };
}
