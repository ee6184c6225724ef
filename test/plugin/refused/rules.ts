import { z } from "zod";
import { anyParameter, type Rows } from "./row.ts";

export const rules: Rows = [
  [
    "f('')",
    z.string().min(1),
    "''",
    ": expected a text of at least 1 character, found the text '' of 0 characters",
    "Write 1 character or more.",
  ],
  [
    "f('abc')",
    z.string().length(2),
    "'abc'",
    ": expected a text of exactly 2 characters, found the text 'abc' of 3 characters",
    "Write exactly 2 characters.",
  ],
  ["f(3)", z.number().min(5), "3", ": expected a number of at least 5, found the integer 3", "Write 5 or more."],
  [
    "f(-5.5)",
    z.number().gt(-5),
    "-5.5",
    ": expected a number of more than -5, found the number -5.5",
    "Write more than -5.",
  ],
  ["f(7)", z.int().max(5), "7", ": expected a number of at most 5, found the integer 7", "Write 5 or less."],
  ["f(3)", z.number().multipleOf(5), "3", ": expected a multiple of 5, found the integer 3", anyParameter],
  [
    "f([1, 2])",
    z.array(z.number()).max(1),
    "[1, 2]",
    ": expected a list of at most 1 item, found a list of 2 items",
    "Write 1 item or less.",
  ],
  [
    "f('today')",
    z.iso.datetime(),
    "'today'",
    ": expected a date and time, found the text 'today'",
    "Write it as in '2026-01-31T08:00:00Z'.",
  ],
  [
    "f('b')",
    z.string().regex(/^a+$/),
    "'b'",
    ": expected a text that matches /^a+$/, found the text 'b'",
    anyParameter,
  ],
  [
    "f('b')",
    z.string().startsWith("/"),
    "'b'",
    ": expected a text that begins with '/', found the text 'b'",
    anyParameter,
  ],
  [
    "f('3')",
    z.string().transform(Number).pipe(z.number().min(5)),
    "'3'",
    ": the text '3' is refused as its schema changes it: expected a number of at least 5",
    anyParameter,
  ],
  [
    "f('a')",
    z.string().refine((text) => text > "m"),
    "'a'",
    ": a rule of this parameter refuses the text 'a'",
    anyParameter,
  ],
  [
    "f('a')",
    z
      .string()
      .refine((text) => text > "m", "must be late")
      .describe("a letter")
      .optional(),
    "'a'",
    ": must be late; found the text 'a'",
    "v is a letter.",
  ],
  [
    "f({'from': 2, 'to': 1})",
    z
      .object({ from: z.number(), to: z.number() })
      .refine(({ from, to }) => from < to, { path: ["to"], error: "must be later" }),
    "1",
    ".to: must be later; found the integer 1",
    anyParameter,
  ],
  [
    "f({'from': 2})",
    z
      .object({ from: z.number(), to: z.number().optional() })
      .refine(({ to }) => to, { path: ["to"], error: "must be given" }),
    "{'from': 2}",
    ".to: must be given; found nothing",
    "Add 'to' to the dict.",
  ],
  [
    "f('{\"a\": 5}')",
    z
      .string()
      .transform((text) => JSON.parse(text))
      .pipe(z.object({ a: z.string() })),
    "'{\"a\": 5}'",
    ".a: expected a text inside the text '{\"a\": 5}'",
    anyParameter,
  ],
  [
    "f('a')",
    z.string().refine(() => false, "must be\n  late\r\nenough\n"),
    "'a'",
    ": must be late enough; found the text 'a'",
    anyParameter,
  ],
  [
    "f([1, 2])",
    z.array(z.number()).refine(() => false, { path: ["deep", 5] }),
    "[1, 2]",
    ".deep[5]: a rule of this parameter refuses a list of 2 items",
    anyParameter,
  ],
  [
    "f([1, 2])",
    z.array(z.number()).refine(() => false, { path: [5] }),
    "[1, 2]",
    "[5]: a rule of this parameter refuses a list of 2 items, which has nothing here",
    anyParameter,
  ],
  [
    "f({'from': 2})",
    z.object({ from: z.number() }).refine(() => false, { path: ["to"] }),
    "{'from': 2}",
    ".to: a rule of this parameter refuses a dict of 1 entry, which has nothing here",
    "Add 'to' to the dict.",
  ],
];
