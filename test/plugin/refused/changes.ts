import { z } from "zod";
import { expression } from "../../../core/plugin/parameters.ts";
import { aNumber, anyParameter, type Rows } from "./row.ts";

const read = z.object({ a: z.number() });

/** Values that a schema changes before another one refuses them. */
export const changes: Rows = [
  [
    "f(5)",
    z.preprocess(String, z.number()),
    "5",
    ": the integer 5 is refused as its schema changes it: expected a number",
    anyParameter,
  ],
  [
    "f(5)",
    z
      .number()
      .transform(String)
      .pipe(z.number() as never)
      .describe("a size"),
    "5",
    ": the integer 5 is refused as its schema changes it: expected a number",
    "v is a size.",
  ],
  [
    "f({'a': [5]})",
    z.object({
      a: z.array(
        z
          .number()
          .transform(String)
          .pipe(z.enum(["a", "b"])),
      ),
    }),
    "5",
    ".a[0]: the integer 5 is refused as its schema changes it: expected 'a' or 'b'",
    anyParameter,
  ],
  [
    "f(5)",
    z.preprocess((given) => [given], z.array(z.number()).min(2)),
    "5",
    ": the integer 5 is refused as its schema changes it: expected a list of at least 2 items",
    anyParameter,
  ],
  // What is completed or stripped on the way is what was given all the same.
  [
    "f([{'a': 1}, {'a': 2, 'b': 3}])",
    z.array(z.object({ a: z.number(), c: z.number().default(1) })).max(1),
    "[{'a': 1}, {'a': 2, 'b': 3}]",
    ": expected a list of at most 1 item, found a list of 2 items",
    "Write 1 item or less.",
  ],
  ["f([])", expression().pipe(z.string()), "[]", ": expected a text, found an empty list", "Write a text in quotes."],
  ["f('abc')", z.coerce.number(), "'abc'", ": expected a number, found the text 'abc'", aNumber],
  [
    "f(1.5)",
    z.coerce.bigint().describe("a count"),
    "1.5",
    ": expected an integer, found the number 1.5",
    "v is a count.",
  ],
  ["f('abc')", z.coerce.bigint(), "'abc'", ": expected an integer, found the text 'abc'", anyParameter],
  [
    "f('abc')",
    z.union([z.coerce.bigint(), z.null()]),
    "'abc'",
    ": expected an integer or None, found the text 'abc'",
    anyParameter,
  ],
  ["f(5)", z.bigint(), "5", ": expected an integer above 9007199254740991, found the integer 5", anyParameter],
  // Only what reaches the schema may be asked for.
  [
    "f({})",
    z.object({ a: z.object({ b: z.number() }).prefault({} as never) }),
    "{}",
    ".a.b: expected a number, found nothing",
    "Add 'a' to the dict.",
  ],
  [
    "f({'a': 1})",
    read.pipe(z.object({ z: z.number() }) as never),
    "{'a': 1}",
    ".z: expected a number, found nothing",
    anyParameter,
  ],
  [
    "f({'in': [{'a': 1}]})",
    z.object({ in: z.array(z.preprocess((given) => read.parse(given), z.object({ z: z.number() }))) }).optional(),
    "{'a': 1}",
    ".in[0].z: expected a number, found nothing",
    anyParameter,
  ],
  [
    "f({'b': '1'})",
    z.object({ a: z.string(), b: z.string().transform(Number).pipe(z.number()) }).transform(({ a }) => a),
    "{'b': '1'}",
    ".a: expected a text, found nothing",
    "Add 'a' to the dict.",
  ],
];
