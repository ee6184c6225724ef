import fc from "fast-check";
import { type Grammar, grammar, makeRecipe } from "ohm-js";
import { describe, expect, test } from "vitest";
import recipe from "../../grammar/call.ohm";
import { ParseFault } from "../../grammar/fault.ts";
import { Choice, matchQuickly, Word } from "../../grammar/quick/match.ts";
import { Reading } from "../../grammar/read.ts";
import { Tree } from "../../grammar/tree.ts";
import { type AcceptCase, type RejectCase, readCases } from "./cases.ts";
import { mutated, source } from "./sources.ts";

// What is derived from a grammar for speed must match what ohm matches without it.

function* texts(alphabet: string, longest: number): Generator<string> {
  yield "";
  if (longest === 0) return;
  for (const rest of texts(alphabet, longest - 1)) for (const char of alphabet) yield char + rest;
}

const accepted = (made: Grammar, longest: number) =>
  [...new Set(texts("abc \n", longest))].filter((text) => made.match(text).succeeded());

describe.each([
  ["a repetition gives nothing back", 'x = y\n y = "a"* "ab"?'],
  ["an optional gives nothing back", 'x = y\n y = "a"? "a" "b"'],
  ["the first choice stays", 'x = y\n y = ("a" | "ab") "c"'],
  ["a choice within a repetition stays", 'x = y\n y = ("a" | "ab" | "c")+ end'],
  ["a repetition of repetitions ends", 'x = y\n y = (z | "bb"+)* "c"\n z = "a" "b"*'],
  ["what must not follow", 'x = y\n y = ("a" ~"b")* "ab"?'],
  ["what must follow", 'x = y\n y = (&"a" z | "b" ~"a" "c")*\n z = "a" "b"'],
  ["ranges and characters together", 'x = y\n y = ("a".."b" | "c" ~end)* "c"'],
  ["rules of rules", 'x = y z?\n y = "a" | y1\n y1 = "b" "c"*\n z = y "c"'],
  ["layout around the parts of a rule", 'X = "a" Y? "c"\n Y = "b" | z\n z = "c" ~"c"'],
  ["alternatives that can be empty", 'X = Y "c"\n Y = "a" | "b"* | ""'],
  ["alternatives that begin alike", 'X = "a" "b" --one\n | "a" "c" --two\n | Y\n Y = "b" X --three\n | "c"'],
  ["a rule within itself", 'x = "a" x "b" --more\n | "c"'],
])("%s", (_, rules) => {
  test("as without the shortcuts", () => {
    const longest = 5;
    const plain = accepted(grammar(`G { ${rules} }`), longest);
    expect(plain.length).toBeGreaterThan(0);
    const start = rules.startsWith("X") ? "X" : "x";
    expect(accepted(matchQuickly(grammar(`G { ${rules} }`), start), longest)).toEqual(plain);
  });
});

function makeReader(made: Grammar): (text: string) => unknown {
  return (text) => {
    const match = made.match(text);
    try {
      return match.failed() ? "refused" : new Reading(true).readCall(Tree.of(match));
    } catch (error) {
      if (!(error instanceof ParseFault)) throw error;
      return [error.code, error.span];
    }
  };
}

const plain = makeReader(makeRecipe(recipe));
const quick = makeReader(matchQuickly(makeRecipe(recipe), "call"));

test("takes the shortcuts: words are matched whole, and of the values only what may begin so is tried", () => {
  const made = matchQuickly(makeRecipe(recipe), "call");
  const bodies = Object.fromEntries(Object.entries(made.rules).map(([name, { body }]) => [name, body]));
  for (const word of ["text", "bytes", "number", "constant", "ident", "name", "spaces", "gap", "tail"]) {
    expect(bodies[word], word).toBeInstanceOf(Word);
  }
  for (const choice of ["Value", "Arguments", "Braces", "Unsigned"]) {
    expect(bodies[choice], choice).toBeInstanceOf(Choice);
  }
  expect((bodies["Value"] as Choice).byCharacter["[".charCodeAt(0)]).toHaveLength(1);
});

test("reads every case of the suite as without the shortcuts", () => {
  const cases = [...readCases<AcceptCase>("accept"), ...readCases<RejectCase>("reject")];
  expect(cases.length).toBeGreaterThan(500);
  for (const one of cases) expect(quick(one.source), one.place).toEqual(plain(one.source));
});

const token = fc.constantFrom(
  ..."'\"()[]{},:=.-_1aTrRbBuU\\#\n\r\t \f\0é😀\ud83d\ude00",
  ...["'''", '"""', "\\\n", "\\\r\n", "\\x4", "\\N", "None", "set", "set()", "g(", "a=", "0x1", "1.", "1e5", "\\u00e9"],
);
const fuzz = fc.array(token, { maxLength: 24 }).map((parts) => `f(${parts.join("")}`);

test.each([
  ["expressions", source],
  ["mistakes", mutated],
  ["tokens in any order", fuzz],
])("reads generated %s as without the shortcuts", (_, texts) => {
  fc.assert(
    fc.property(texts, (text) => {
      // The plain grammar takes half a second for some of the longest.
      if (text.length < 2000) expect(quick(text)).toEqual(plain(text));
    }),
    { numRuns: 1500 },
  );
});
