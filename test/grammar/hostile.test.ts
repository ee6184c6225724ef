import fc from "fast-check";
import { format, highestLimits, type Invocation, type Limits, ParseFault, parse, render } from "rustiq/grammar";
import { expect, test } from "vitest";
import { canonicalCall } from "./canonical.ts";
import { mistaken, mutated, nested } from "./sources.ts";
import { layout, longText, oddText, text } from "./spellings.ts";

// Whatever is given to it, `parse` answers an invocation or throws a ParseFault. GRAMMAR_CASES makes more of each kind, and
// GRAMMAR_SEED others.

const numRuns = Math.ceil(Number(process.env["GRAMMAR_CASES"] ?? 1000) / 4);
const seed = Number(process.env["GRAMMAR_SEED"] ?? 311);

const unit = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x1f }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xd800, max: 0xdfff }) },
);
const units = fc.array(unit, { maxLength: 200 }).map((codes) => String.fromCharCode(...codes));
const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => new TextDecoder("latin1").decode(data));

const token = fc.constantFrom(
  ..."f ( ) [ ] { } , : = . - + * ** ' \" ''' \"\"\" \\ # ; 0 1 1_ 0x .5 1e 1j 007 b' r\" f' rb''' True None set set() lambda".split(
    " ",
  ),
  ..."for in if else is not and or := ... == -> // $ ` ~ @ ! ? % < > << '' '\\ \\x \\u \\U \\N{ \\777 e E j x é “ ” ， （ 　".split(
    " ",
  ),
  ..." |\n|\r|\r\n|\t|\f|\v|\0|\\\n|\\\r\n|#'\n|\ud800|\udc00|\ufeff|\u200b|\u2028|\u00a0|😀|call_service(|'a'|\"b\"|f(".split(
    "|",
  ),
);
const sequence = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(""));
const enclosed = fc
  .tuple(
    fc.constantFrom("f(", "f(a=", "call_service('a', ", "f([", "f({1:", "f('", "f('''", 'f(rb"'),
    sequence,
    fc.constantFrom("", ")", "])", "'''"),
  )
  .map((parts) => parts.join(""));

/** A few tokens over and over, up to the highest limits and past them. */
const runs = fc
  .tuple(
    sequence,
    fc.array(token, { minLength: 1, maxLength: 3 }),
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 2, max: 3000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 70_000 }) },
    ),
    sequence,
  )
  .map(([before, unitOfRun, times, after]) => {
    const repeated = unitOfRun.join("");
    return `f(${before}${repeated.repeat(Math.ceil(times / repeated.length))}${after}`;
  });
const brackets = fc
  .tuple(
    fc.array(fc.constantFrom("[", "(", "{", "{1:", "-(", "f(", "[1,", "set("), { minLength: 1, maxLength: 80 }),
    fc.constantFrom("", "1", "'a'", ","),
    fc.array(fc.constantFrom("]", ")", "}", ",)", ",]"), { maxLength: 80 }),
  )
  .map(([opened, inner, closed]) => `f(${opened.join("")}${inner}${closed.join("")}`);
const balanced = fc
  .tuple(
    fc.oneof(
      { weight: 2, arbitrary: fc.constant("") },
      fc.tuple(text, layout).map(([before, space]) => `${before}${space},`),
    ),
    fc.array(fc.constantFrom("[]", "()", "{}"), { minLength: 1, maxLength: 80 }),
    fc.constantFrom("1", "", "'", "1 1"),
  )
  .map(
    ([before, pairs, inner]) =>
      `f(${before}${pairs.reduce<string>((text, pair) => pair.charAt(0) + text + pair.charAt(1), inner)})`,
  );

const limit = fc.oneof(
  fc.constantFrom(0, 1, 64, 1e9, -1, Number.NaN, Number.POSITIVE_INFINITY),
  fc.integer({ min: 0, max: 200 }),
);
const limits: fc.Arbitrary<Partial<Limits> & { calls?: boolean }> = fc.oneof(
  fc.constant({ ...highestLimits, calls: true }),
  fc.constant(highestLimits),
  fc.constant({}),
  fc.record({ bytes: limit, nesting: limit, nodes: limit, digits: limit }, { requiredKeys: [] }),
);

test.each([
  ["any UTF-16 units", units],
  ["any bytes", bytes],
  ["tokens in any order", sequence],
  ["tokens in the arguments", enclosed],
  ["brackets of any kind", brackets],
  ["brackets in pairs, to the limit and past it", balanced],
  ["calls in calls", nested],
  ["sources with mistakes", mistaken],
  ["sources broken by chance", mutated],
])("nothing but a ParseFault comes out: %s", { timeout: 600_000 }, (_what, arbitrary) => {
  fc.assert(fc.property(arbitrary, limits, checkAnswer), { numRuns, seed });
});

test("nothing but a ParseFault comes out: long runs", { timeout: 600_000 }, () => {
  fc.assert(fc.property(runs, limits, checkAnswer), { numRuns: Math.ceil(numRuns / 5), seed });
});

// The limits are checked by a pass that knows less than the grammar: nothing in a source may make it look away.
test("nothing before them hides brackets, digits and values from the limits", { timeout: 600_000 }, () => {
  const over = fc.constantFrom(
    ["too-deep", `${"[".repeat(2000)}${"]".repeat(2000)}`],
    ["too-many-digits", "9".repeat(4301)],
    ["too-many-nodes", `[${"1,".repeat(10_000)}]`],
  );
  fc.assert(
    fc.property(fc.oneof(text, oddText, longText), layout, over, (before, space, [code, value]) => {
      if (codeOf(`f(${before}${space},1)`) !== "accepted") return;
      const source = `f(${before}${space},${value})`;
      if (Buffer.byteLength(source) <= highestLimits.bytes) expect(codeOf(source)).toBe(code);
    }),
    {
      numRuns: 2 * numRuns,
      seed,
      examples: [[`'\\\r\n'`, "", ["too-deep", `${"[".repeat(2000)}${"]".repeat(2000)}`]]],
    },
  );
});

function codeOf(source: string): string {
  try {
    parse(source, { bytes: highestLimits.bytes });
    return "accepted";
  } catch (error) {
    if (error instanceof ParseFault) return error.code;
    throw error;
  }
}

function checkAnswer(source: string, asked: Partial<Limits> & { calls?: boolean }): void {
  let read: Invocation;
  try {
    read = parse(source, asked);
  } catch (error) {
    if (!(error instanceof ParseFault)) throw error;
    checkFault(source, error);
    return;
  }
  checkSpans(source, read);
  // Its canonical text may be longer than the source and over a limit, but never wrong.
  const printed = format(read);
  if (Buffer.byteLength(printed) > highestLimits.bytes) return;
  expect(canonicalCall(parse(printed, { ...highestLimits, calls: true }))).toEqual(canonicalCall(read));
}

function checkFault(source: string, fault: ParseFault): void {
  const { span, message, hint } = fault;
  const spanIsInRange = 0 <= span.start && span.start <= span.end && span.end <= source.length;
  expect(spanIsInRange, `${fault.code} ${span.start}-${span.end} of ${source.length}`).toBe(true);
  expect(fault.code).not.toBe("unexpected");
  for (const words of [message, hint ?? "none"]) expect(words).toMatch(/^\S[^\n\r]*$/);
  const shown = render(source, fault).split("\n");
  expect(shown.length).toBe(hint === undefined ? 3 : 4);
  expect(shown[2]).toMatch(/^ {2} *\^+$/);
  // Nothing that moves the cursor or hides itself reaches the terminal.
  expect(shown[1]).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
}

function checkSpans(source: string, { args, kwargs, command, span }: Invocation): void {
  const literals = [...args, ...kwargs.map(({ value }) => value)];
  for (const part of [command, ...literals]) {
    const isInside = span.start <= part.span.start && part.span.start <= part.span.end && part.span.end <= span.end;
    expect(isInside, JSON.stringify(source)).toBe(true);
  }
}
