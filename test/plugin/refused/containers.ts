import { z } from "zod";
import { accepting } from "../../../core/plugin/parameters.ts";
import { aNumber, anyParameter, type Rows } from "./row.ts";

const strict = z.strictObject({ fit: z.string(), color: z.string().optional() });

export const containers: Rows = [
  [
    "f({'a': {'b': [1, 'x']}})",
    z.object({ a: z.object({ b: z.array(z.number()) }) }),
    "'x'",
    ".a.b[1]: expected a number, found the text 'x'",
    aNumber,
  ],
  [
    "f({'a': {}})",
    z.object({ a: z.object({ b: z.number() }) }),
    "{}",
    ".a.b: expected a number, found nothing",
    "Add 'b' to the dict.",
  ],
  [
    "f({'a b': 'x'})",
    z.object({ "a b": z.number() }),
    "'x'",
    "['a b']: expected a number, found the text 'x'",
    aNumber,
  ],
  ["f((1, 'b'))", z.tuple([z.number(), z.number()]), "'b'", "[1]: expected a number, found the text 'b'", aNumber],
  [
    "f([1])",
    z.tuple([z.number(), z.number()]),
    "[1]",
    ": expected a list of at least 2 items, found a list of 1 item",
    "Write 2 items or more.",
  ],
  [
    "f((1, 2, 3))",
    z.tuple([z.number()]),
    "(1, 2, 3)",
    ": expected a list of at most 1 item, found a tuple of 3 items",
    "Write 1 item or less.",
  ],
  [
    "f({'fit': 'a', 'colour': 'b'})",
    strict,
    "'colour'",
    ": expected 'fit' or 'color' as a key, found 'colour'",
    "did you mean 'color'?",
  ],
  [
    "f({'fit': 'a', 'zzz': 'b'})",
    strict,
    "'zzz'",
    ": expected 'fit' or 'color' as a key, found 'zzz'",
    "Leave the key out.",
  ],
  [
    "f({'fti': 'a'})",
    strict,
    "'fti'",
    ": expected 'fit' or 'color' as a key, found 'fti'; also 'v'.fit: expected a text, found nothing",
    "did you mean 'fit'?",
  ],
  [
    "f({'b': 1})",
    z.record(z.string().regex(/^a/), z.number()),
    "'b'",
    ".b: expected the key to be a text that matches /^a/, found the text 'b'",
    anyParameter,
  ],
  [
    "f({'ab': 'x'})",
    z.record(z.string().regex(/^a/), z.number()),
    "'x'",
    ".ab: expected a number, found the text 'x'",
    aNumber,
  ],
  [
    "f({'aa': 1, 'c': 2})",
    z.partialRecord(z.enum(["a", "bb"]), z.number()),
    "'aa'",
    ": expected 'a' or 'bb' as a key, found 'aa'; also 'v': expected 'a' or 'bb' as a key, found 'c'",
    "did you mean 'a'?",
  ],
  [
    "f({'x', 1})",
    accepting(z.set(z.number()), { set: true }),
    "'x'",
    ": expected a number, found the text 'x'",
    aNumber,
  ],
  [
    "f({(1, 'x'), (1, 2)})",
    accepting(z.set(z.tuple([z.number(), z.number()])), { set: true }),
    "'x'",
    "[1]: expected a number, found the text 'x'",
    aNumber,
  ],
  [
    "f({1: 5})",
    accepting(z.map(z.string(), z.number()), { anyKeys: true }),
    "1",
    "[1]: expected the key to be a text, found the integer 1",
    "Write '1', in quotes.",
  ],
  [
    "f({'k': 'x'})",
    accepting(z.map(z.string(), z.number()), { anyKeys: true }),
    "'x'",
    ".k: expected a number, found the text 'x'",
    aNumber,
  ],
  [
    "f({('a', 2): 5})",
    accepting(z.map(z.tuple([z.string(), z.string()]), z.number()), { anyKeys: true }),
    "2",
    ": expected the key to be a text, found the integer 2",
    "Write '2', in quotes.",
  ],
  [
    "f({('a',): 'x'})",
    accepting(z.map(z.tuple([z.string()]), z.number()), { anyKeys: true }),
    "'x'",
    ": expected a number, found the text 'x'",
    aNumber,
  ],
];
