import { z } from "zod";
import { aNumber, anyParameter, type Rows } from "./row.ts";

const auto = z.union([z.number(), z.literal("auto")]);
const forms = z.union([z.object({ a: z.number(), b: z.number() }), z.object({ c: z.string() })]);
const shape = z.discriminatedUnion("t", [
  z.object({ t: z.literal("circle"), r: z.number() }),
  z.object({ t: z.literal("square"), side: z.number() }),
]);

export const unions: Rows = [
  ["f('atuo')", auto, "'atuo'", ": expected a number or 'auto', found the text 'atuo'", "did you mean 'auto'?"],
  ["f('5')", auto, "'5'", ": expected a number or 'auto', found the text '5'", "Write 5 without quotes."],
  [
    "f({})",
    z.union([z.number(), z.union([z.string(), z.null()])]),
    "{}",
    ": expected a number, a text or None, found an empty dict",
    anyParameter,
  ],
  // Only one form is a dict: it was meant.
  ["f({'a': 'x'})", auto.or(z.object({ a: z.number() })), "'x'", ".a: expected a number, found the text 'x'", aNumber],
  [
    "f({'a': 1, 'b': 'x'})",
    forms,
    "'x'",
    ".b: expected a number, found the text 'x' (in the nearest of 2 forms)",
    aNumber,
  ],
  [
    "f([[1, 'x']])",
    z.array(z.array(auto)),
    "'x'",
    "[0][1]: expected a number or 'auto', found the text 'x'",
    anyParameter,
  ],
  [
    "f({'t': 'crcle'})",
    shape,
    "'crcle'",
    ".t: expected 'circle' or 'square', found the text 'crcle'",
    "did you mean 'circle'?",
  ],
  ["f({'r': 1})", shape, "{'r': 1}", ".t: expected 'circle' or 'square', found nothing", "Add 't' to the dict."],
  ["f({'t': 'circle', 'r': 'x'})", shape, "'x'", ".r: expected a number, found the text 'x'", aNumber],
  ["f('x')", z.xor([z.string(), z.any()]), "'x'", ": the text 'x' fits more than one of its forms", anyParameter],
];
