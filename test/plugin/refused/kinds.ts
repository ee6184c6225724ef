import { z } from "zod";
import { aNumber, type Rows } from "./row.ts";

export const kinds: Rows = [
  ["f('5')", z.number(), "'5'", ": expected a number, found the text '5'", "Write 5 without quotes."],
  ["f('two')", z.number(), "'two'", ": expected a number, found the text 'two'", aNumber],
  ["f(None)", z.number(), "None", ": expected a number, found None", aNumber],
  ["f(None)", z.int().optional(), "None", ": expected a number, found None", "Leave the argument out instead of None."],
  ["f([5])", z.number(), "[5]", ": expected a number, found a list of 1 item", aNumber],
  ["f(1.5)", z.int(), "1.5", ": expected an integer, found the number 1.5", "Write a whole number, without a point."],
  [
    "f(90071992547409931)",
    z.number(),
    "90071992547409931",
    ": expected a number, found the integer 90071992547409931",
    "Numbers are exact up to 9007199254740991 here: write a smaller one.",
  ],
  ["f('abc')", z.coerce.number(), "'abc'", ": expected a number, found the text 'abc'", aNumber],
  ["f(5)", z.string(), "5", ": expected a text, found the integer 5", "Write '5', in quotes."],
  ["f(True)", z.string(), "True", ": expected a text, found True", "Write 'True', in quotes."],
  [
    "f(['a'])",
    z.string(),
    "['a']",
    ": expected a text, found a list of 1 item",
    "Write the text alone, without the brackets.",
  ],
  ["f(None)", z.string(), "None", ": expected a text, found None", "Write a text in quotes; '' is the empty one."],
  ["f('true')", z.boolean(), "'true'", ": expected True or False, found the text 'true'", "Write True without quotes."],
  ["f('off')", z.boolean(), "'off'", ": expected True or False, found the text 'off'", "Write False without quotes."],
  ["f(1)", z.boolean(), "1", ": expected True or False, found the integer 1", "Write True for 1."],
  ["f('maybe')", z.boolean(), "'maybe'", ": expected True or False, found the text 'maybe'", "Write True or False."],
  [
    "f('a.png')",
    z.array(z.string()),
    "'a.png'",
    ": expected a list, found the text 'a.png'",
    "Put it in brackets: ['a.png'].",
  ],
  ["f({})", z.array(z.string()), "{}", ": expected a list, found an empty dict", "Write a list: [...]."],
  [
    "f([1])",
    z.object({}),
    "[1]",
    ": expected a dict, found a list of 1 item",
    "Write it in braces, a key for each value: {'key': value}.",
  ],
  ["f('x')", z.instanceof(Uint8Array), "'x'", ": expected bytes, found the text 'x'", "Write bytes: b'...'."],
  ["f(5)", z.never(), "5", ": expected nothing, found the integer 5", "Leave it out."],
];

export const choices: Rows = [
  [
    "f('PSOT')",
    z.enum(["GET", "POST"]),
    "'PSOT'",
    ": expected 'GET' or 'POST', found the text 'PSOT'",
    "did you mean 'POST'?",
  ],
  ["f('get')", z.enum(["GET", "POST"]), "'get'", ": expected 'GET' or 'POST', found the text 'get'", "Write 'GET'."],
  [
    "f('zzz')",
    z.enum(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]),
    "'zzz'",
    ": expected 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' or one of 2 more, found the text 'zzz'",
    "Choose one of them.",
  ],
  ["f('5')", z.literal([5, 10]), "'5'", ": expected 5 or 10, found the text '5'", "Write 5 without quotes."],
  ["f(5)", z.enum(["5", "10"]), "5", ": expected '5' or '10', found the integer 5", "Write '5'."],
  ["f('true')", z.literal(true), "'true'", ": expected True, found the text 'true'", "Write True without quotes."],
  ["f(0)", z.literal("auto"), "0", ": expected 'auto', found the integer 0", "Write 'auto'."],
];
