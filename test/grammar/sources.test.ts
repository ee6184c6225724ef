import fc from "fast-check";
import { ParseFault, parse, parseCodes } from "rustiq/grammar";
import { expect, test } from "vitest";
import { mistaken, mutated, nested, source } from "./sources.ts";

// A comparison proves nothing about what the generator never makes.

const limits = { bytes: 65_536, nesting: 64, nodes: 50_000 };

/** Spellings that must be among the accepted sources. The patterns may see inside texts too: enough of them do not. */
const spellings: Readonly<Record<string, RegExp>> = {
  "raw text": /[(,[:\s][rR]['"]/,
  "text with u": /[(,[:\s][uU]['"]/,
  "bytes with a backslash": /\b[bB](['"])[^'"]*\\x/,
  "raw bytes, both orders": /\b([bB][rR]|[rR][bB])['"]/,
  "octal escape over one byte": /\\[4-7][0-7]{2}/,
  "unknown escape": /\\[qz8]/,
  "escape of a character beyond ASCII": /\\[é😀\u2028]/u,
  "surrogates as escapes": /\\ud83d\\ude00/,
  "long escape": /\\U0010[\da-fA-F]{4}/,
  "joined line in a text": /'''(?:(?!''').)*\\\r/s,
  "lone carriage return in a text": /"""(?:(?!""").)*\r(?!\n)(?:(?!""").)*"""/s,
  "carriage return and line feed in a text": /'''(?:(?!''').)*\r\n(?:(?!''').)*'''/s,
  "quotes inside a text of three": /"""(?:(?!""").)*""(?!")(?:(?!""").)*"""/s,
  "many texts side by side": /(?:['"]\s*['"][^'"]*){40}/,
  "texts joined over lines": /'\s*[\n\r]\s*'/,
  hex: /0[xX]_?[\da-fA-F]/,
  octal: /0[oO]_?[0-7]/,
  binary: /0[bB]_?[01]/,
  "underscores between digits": /\d_\d/,
  "thousands of digits": /\d{4000}/,
  "float without a whole part": /[(,\s]\.\d/,
  "float without a fraction": /\d\.[,)\]\s]/,
  "exponent with a sign": /\d[eE][-+]\d/,
  "float that overflows": /\b1e999\b/,
  "sign before brackets": /[-+]\s*\(\(+/,
  "space after a sign": /[-+]\s+\d/,
  "tuple of one": /\([^(),]*,\s*\)/,
  "trailing comma": /,\s*\)\s*$/,
  "empty set": /\bset\s*\(\s*\)/,
  "dict in a list": /\[\s*\{/,
  "deep brackets": /[([{]{8}/,
  "dotted name with layout": /^\s*\w+[ \t\f]*\.[ \t\f]*\w+\s*\(/,
  "comment with a quote": /#[^\n\r'"]*'/,
  "comment that ends with a carriage return": /#[^\n\r]*\r(?!\n)/,
  "form feed": /\f/,
  "joined line": /\\\r?\n\s*[\d'"([{]/,
  "text beyond ASCII": /[é漢😀]/u,
  "keyword arguments": /\w=[^=]/,
  "Python's constants": /\bTrue\b/,
  "JSON's constants": /\bnull\b/,
};

test("makes every spelling of the language, and every mistake that has a code", { timeout: 60_000 }, () => {
  const codes = new Set<string>();
  const missing = new Set(Object.keys(spellings));
  for (const [numRuns, arbitrary] of [
    [2000, source],
    [3000, mistaken],
    [1500, mutated],
    [1000, nested],
  ] as const) {
    for (const text of fc.sample(arbitrary, { numRuns, seed: 20 })) {
      try {
        parse(text, { ...limits, calls: arbitrary === nested });
        for (const name of missing) if (spellings[name]?.test(text)) missing.delete(name);
      } catch (error) {
        if (!(error instanceof ParseFault)) throw error;
        codes.add(error.code);
      }
    }
  }
  expect([...missing]).toEqual([]);
  // The limits have their own tests, and nothing should be unexpected.
  const elsewhere = ["not-text", "too-long", "too-deep", "too-many-nodes", "unexpected"];
  expect(Object.keys(parseCodes).filter((code) => !codes.has(code) && !elsewhere.includes(code))).toEqual([]);
});
