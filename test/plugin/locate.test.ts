import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Literal, locateInText, parse } from "../../grammar/index.ts";

/** Characters of a source and the characters of the value that they stand for. */
type Unit = readonly [source: string, value: string];

const hex = (char: string, width: number) => (char.codePointAt(0) ?? 0).toString(16).padStart(width, "0");

const anywhere: fc.Arbitrary<Unit> = fc
  .constantFrom(..."aZ09 (),[]{}#:=é漢😀\u2028\t")
  .map((char) => [char, char] as const);
const escaped: fc.Arbitrary<Unit> = fc.oneof(
  fc.constantFrom<Unit>(["\\n", "\n"], ["\\\\", "\\"], ["\\'", "'"], ['\\"', '"'], ["\\t", "\t"], ["\\a", "\x07"]),
  fc.constantFrom<Unit>(["\\101", "A"], ["\\7", "\x07"], ["\\777", "\u01ff"], ["\\ud800", "\ud800"]),
  fc.constantFrom<Unit>(["\\\n", ""], ["\\\r\n", ""], ["\\\r", ""], ["\\q", "\\q"], ["\\é", "\\é"], ["\\😀", "\\😀"]),
  fc.constantFrom(..."a(é").map((char) => [`\\x${hex(char, 2)}`, char] as const),
  fc.constantFrom(..."a漢'").map((char) => [`\\u${hex(char, 4)}`, char] as const),
  fc.constantFrom(..."a😀\n").map((char) => [`\\U${hex(char, 8)}`, char] as const),
);
const kept = fc.constantFrom<Unit>(["\\n", "\\n"], ["\\'", "\\'"], ["\\\\", "\\\\"], ["\\u0041", "\\u0041"]);
const lines = fc.constantFrom<Unit>(["\n", "\n"], ["\r\n", "\n"], ["\r", "\n"]);

interface Piece {
  readonly open: string;
  readonly units: readonly Unit[];
  readonly close: string;
}

/** A lone \r before \n would be read as one line end, and digits after an octal escape as its own. */
function keepApart(units: readonly Unit[]): Unit[] {
  const kept: Unit[] = [];
  for (const unit of units) {
    const before = kept.at(-1)?.[0] ?? "";
    const isOneEnd = before.endsWith("\r") && unit[0].startsWith("\n");
    if (!isOneEnd && !(/^\\\d/.test(before) && /^\d/.test(unit[0]))) kept.push(unit);
  }
  return kept;
}

const piece: fc.Arbitrary<Piece> = fc
  .record({
    prefix: fc.constantFrom("", "", "u", "r", "R"),
    quote: fc.constantFrom("'", '"', "'''", '"""'),
    others: fc.array(fc.tuple(anywhere, escaped, kept, lines, fc.nat(3)), { maxLength: 8 }),
  })
  .map(({ prefix, quote, others }) => {
    const isRaw = /r/i.test(prefix);
    const units = others.map(([plain, coded, raw, line, which]) => {
      if (which === 0 && quote.length === 3) return line;
      return which < 2 ? plain : isRaw ? raw : coded;
    });
    return { open: prefix + quote, units: keepApart(units), close: quote };
  });
const layout = fc.constantFrom("", " ", "\n", "\r\n  ", ' # it\'s "no" text\n', "\\\n", "\t# 'x'\r\n");
const written = fc.array(fc.tuple(layout, piece), { minLength: 1, maxLength: 4 });

/** The written text as the only argument of a call, and each unit of it with its place. */
function write(pieces: readonly (readonly [string, Piece])[]) {
  let source = "f(('é', ";
  const units: { readonly start: number; readonly end: number; readonly value: string }[] = [];
  for (const [index, [between, { open, units: own, close }]] of pieces.entries()) {
    source += (index === 0 ? "" : between || " ") + open;
    for (const [spelled, value] of own) {
      units.push({ start: source.length, end: source.length + spelled.length, value });
      source += spelled;
    }
    source += close;
  }
  return { source: `${source}))`, units };
}

function textOf(source: string): Extract<Literal, { kind: "str" }> {
  const [tuple] = parse(source).args;
  const text = tuple?.kind === "tuple" ? tuple.items[1] : undefined;
  if (text?.kind !== "str") throw new Error("no text");
  return text;
}

describe("a part of a text's value", () => {
  it("is found where it is written, whatever the spelling", () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(), (pieces, one, other) => {
        const { source, units } = write(pieces);
        const text = textOf(source);
        expect(text.value).toBe(units.map(({ value }) => value).join(""));
        const spoken = units.filter(({ value }) => value !== "");
        fc.pre(spoken.length > 0);
        const [from, to] = [one % spoken.length, other % spoken.length].sort((a, b) => a - b) as [number, number];
        const chosen = spoken.slice(from, to + 1);
        const start = spoken.slice(0, from).reduce((sum, { value }) => sum + value.length, 0);
        const part = { start, end: start + chosen.reduce((sum, { value }) => sum + value.length, 0) };
        const span = locateInText(source, text.span, part);
        expect(span).toEqual({ start: chosen[0]?.start, end: chosen.at(-1)?.end });
        // Decoded unit by unit, what stands there is that part.
        const inside = units.filter((unit) => unit.start >= span.start && unit.end <= span.end);
        expect(inside.map(({ value }) => value).join("")).toBe(text.value.slice(part.start, part.end));
        // Nothing at all stands where the next character begins, or the text ends.
        expect(locateInText(source, text.span, { start, end: start })).toEqual({ start: span.start, end: span.start });
        const { length } = text.value;
        const end = spoken.at(-1)?.end;
        expect(locateInText(source, text.span, { start: length, end: length })).toEqual({ start: end, end });
      }),
      { numRuns: 5000 },
    );
  });

  it("is never outside of the literal, whatever is asked", () => {
    fc.assert(
      fc.property(written, fc.nat(60), fc.nat(60), (pieces, start, length) => {
        const { source } = write(pieces);
        const { span } = textOf(source);
        const found = locateInText(source, span, { start, end: start + length });
        expect(found.start).toBeGreaterThan(span.start);
        expect(found.end).toBeGreaterThanOrEqual(found.start);
        expect(found.end).toBeLessThan(span.end);
      }),
      { numRuns: 1000 },
    );
  });

  it("is exact within raw text and escapes that are none, and the whole of one that is", () => {
    const show = (source: string, start: number, end: number) => {
      const [text] = parse(source).args;
      if (text === undefined) throw new Error("no text");
      const span = locateInText(source, text.span, { start, end });
      return source.slice(span.start, span.end);
    };
    expect(show(String.raw`f(r'\x41b')`, 1, 3)).toBe("x4");
    expect(show(String.raw`f('\q')`, 1, 2)).toBe("q");
    expect(show(String.raw`f('\U0001F600')`, 1, 2)).toBe("\\U0001F600");
    expect(show("f('😀')", 1, 2)).toBe("\ude00");
  });

  it("is found in linear time", () => {
    const source = `f(${"'a' ".repeat(5000)}'${"\\n".repeat(10_000)}')`;
    const begun = process.cpuUsage().user;
    const span = { start: 2, end: source.length - 1 };
    expect(locateInText(source, span, { start: 14_999, end: 15_000 }).end).toBe(source.length - 2);
    expect(process.cpuUsage().user - begun).toBeLessThan(1_000_000);
  });
});
