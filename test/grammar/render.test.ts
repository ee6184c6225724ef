import { render } from "rustiq/grammar";
import { describe, expect, test } from "vitest";

const lines = (source: string, start: number, end: number, hint?: string) =>
  render(source, { message: "wrong", span: { start, end }, ...(hint === undefined ? {} : { hint }) }).split("\n");

test("shows message, line, carets and hint", () => {
  expect(lines("f(abc)", 2, 5, "do so")).toEqual(["wrong", "  f(abc)", "    ^^^", "  hint: do so"]);
  expect(lines("f(abc)", 2, 5)).toHaveLength(3);
});

describe("puts the carets under the right columns", () => {
  test.each([
    ["an empty place", "f(1)", 2, 2, "  f(1)", "    ^"],
    ["the end of the text", "f(", 2, 2, "  f(", "    ^"],
    ["after wide characters", "f('漢字', x)", 8, 9, "  f('漢字', x)", "            ^"],
    ["below wide characters", "f('漢字')", 3, 5, "  f('漢字')", "     ^^^^"],
    ["after an emoji", "f('😀', x)", 8, 9, "  f('😀', x)", "          ^"],
    ["after combining marks", "f('e\u0301', x)", 8, 9, "  f('e\u0301', x)", "         ^"],
    ["after a tab", "f(\tx)", 3, 4, "  f(  x)", "      ^"],
    ["after a control character", "f('\u001b[31m', x)", 11, 12, "  f('␛[31m', x)", "             ^"],
    ["of the second line only", "f(\n  'abc\n", 5, 99, "    'abc", "    ^^^^"],
    ["outside the text", "f()", 50, 60, "  f()", "     ^"],
  ])("%s", (_what, source, start, end, text, carets) => {
    expect(lines(source, start, end).slice(1)).toEqual([text, carets]);
  });
});

test("names the line when there are several", () => {
  expect(lines("f(\r\n1 2)\r\n", 6, 7)).toEqual(["line 2: wrong", "  1 2)", "    ^"]);
});

test("lays out no more of a line of 64 KiB than it shows", () => {
  for (const unit of ["a", "漢", "😀", "\t", "e\u0301"]) {
    const source = unit.repeat(30_000);
    for (const at of [0, 2, 15_001, 29_998, source.length - 1, source.length]) {
      const [, text = "", carets = ""] = lines(source, at, at + 1);
      expect(text.length).toBeLessThanOrEqual(800);
      expect(carets.trim()).toMatch(/^\^\^?$|^\^{4}$/);
      expect(text.includes("…")).toBe(true);
      expect(text).not.toMatch(/\p{Cs}/u);
    }
  }
});

test("cuts a long line around the carets", () => {
  const source = `f(${"'abcdefg', ".repeat(60)}oops, ${"1, ".repeat(100)})`;
  const at = source.indexOf("oops");
  const [, text = "", carets = ""] = lines(source, at, at + 4);
  expect(text.length).toBeLessThanOrEqual(98);
  expect(text).toMatch(/^ {2}….*…$/);
  expect(text.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("oops");
  const [, first = ""] = lines(source, 0, 1);
  expect(first).toMatch(/^ {2}f\(.*…$/);
  const [, last = "", under = ""] = lines(source, source.length - 1, source.length);
  expect(last).toMatch(/^ {2}….*\)$/);
  expect(under.length).toBe(last.length);
  const [, all = "", long = ""] = lines(source, 2, source.length);
  expect(long.length).toBeLessThanOrEqual(all.length);
});
