import type { z } from "zod";
import { formatLiteral } from "../../grammar/format.ts";
import type { Literal } from "../../grammar/index.ts";
import { didYouMean } from "../near.ts";
import { exampleOf, sizes, spell } from "./expected.ts";
import { countOf, quote } from "./found.ts";
import { type Issue, kindsOf } from "./issue.ts";

/** The literal that is wrong, and its value where a hint may repeat it. */
export interface Wrong {
  readonly literal: Literal;
  readonly shown: string | undefined;
}

const isScalar = ({ kind }: Literal) => kind === "str" || kind === "int" || kind === "float" || kind === "bool";
const numeric = /^[+-]?(?:\d{1,15}|\d{0,15}\.\d{1,15})$/;

const truths = ["true", "yes", "on", "1"];
const untruths = ["false", "no", "off", "0"];

/** The literal as it would be written inside something else. */
function write({ literal, shown }: Wrong): string {
  if (literal.kind === "bool") return formatLiteral(literal);
  if (shown === undefined) return "...";
  return literal.kind === "str" ? quote(shown) : shown;
}

/** What would make a literal of one kind one of another, where it shows what was meant. */
function convert(wanted: string, wrong: Wrong): string | undefined {
  const { literal, shown } = wrong;
  switch (wanted) {
    case "number":
    case "int":
      if (literal.kind === "str" && numeric.test(literal.value.trim())) {
        return shown === undefined ? "Write the number without quotes." : `Write ${shown.trim()} without quotes.`;
      }
      if (literal.kind === "int" && !Number.isSafeInteger(Number(literal.value))) {
        return "Numbers are exact up to 9007199254740991 here: write a smaller one.";
      }
      if (literal.kind === "float" && wanted === "int") return "Write a whole number, without a point.";
      return undefined;
    case "boolean": {
      const word = literal.kind === "str" ? literal.value.trim().toLowerCase() : "";
      if (truths.includes(word)) return "Write True without quotes.";
      if (untruths.includes(word)) return "Write False without quotes.";
      if (literal.kind === "int" && (literal.value === 0n || literal.value === 1n)) {
        return `Write ${literal.value === 1n ? "True" : "False"} for ${literal.value}.`;
      }
      return undefined;
    }
    case "string": {
      const [only] = "items" in literal ? literal.items : [];
      if (only?.kind === "str" && "items" in literal && literal.items.length === 1) {
        return "Write the text alone, without the brackets.";
      }
      if (literal.kind === "none") return "Write a text in quotes; '' is the empty one.";
      if (!isScalar(literal)) return undefined;
      return shown === undefined && literal.kind !== "bool"
        ? "Put it in quotes."
        : `Write ${quote(write(wrong))}, in quotes.`;
    }
    case "array":
    case "tuple":
    case "set": {
      const [open, close] = wanted === "set" ? ["{", "}"] : ["[", "]"];
      if (isScalar(literal)) return `Put it in brackets: ${open}${write(wrong)}${close}.`;
      return wanted === "set" && "items" in literal ? "Write it in braces: {1, 2}, or set() for none." : undefined;
    }
    case "object":
    case "record":
    case "map":
      if (literal.kind === "set") return "Write a value after each key: {'key': value}.";
      return "items" in literal ? "Write it in braces, a key for each value: {'key': value}." : undefined;
    default:
      return undefined;
  }
}

function choose(values: readonly z.core.util.Primitive[], { literal }: Wrong): string | undefined {
  if (!("value" in literal)) return undefined;
  const found = String(literal.value);
  // Also 5 for '5', True for 'true' and 'GET' for 'get'.
  const same = values.find((value) => String(value).toLowerCase() === found.toLowerCase());
  if (same !== undefined) {
    const isUnquoted = literal.kind === "str" && typeof same !== "string";
    return `Write ${spell(same)}${isUnquoted ? " without quotes" : ""}.`;
  }
  return didYouMean(
    found,
    values.filter((value) => typeof value === "string"),
  );
}

function adviseOn(issues: readonly Issue[], wrong: Wrong): string | undefined {
  const values = issues.flatMap((issue) => (issue.code === "invalid_value" ? issue.values : []));
  const chosen = choose(values, wrong);
  if (chosen !== undefined) return chosen;
  for (const issue of issues) {
    const advice = issue.code === "invalid_type" ? convert(issue.expected, wrong) : undefined;
    if (advice !== undefined) return advice;
  }
  return undefined;
}

const plain: Readonly<Record<string, string>> = {
  number: "Write a number such as 5, without quotes.",
  int: "Write a whole number such as 5, without quotes.",
  boolean: "Write True or False.",
  string: "Write a text in quotes.",
  array: "Write a list: [...].",
  tuple: "Write a list: [...].",
  object: "Write a dict: {'key': value}.",
  record: "Write a dict: {'key': value}.",
  map: "Write a dict: {'key': value}.",
  set: "Write a set: {1, 2}, or set() for none.",
  null: "Write None.",
  never: "Leave it out.",
  undefined: "Leave it out.",
  Uint8Array: "Write bytes: b'...'.",
};

function adviseOnBound(
  issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall,
  limit: number | bigint,
  inclusive: string,
  exclusive: string,
): string | undefined {
  if (issue.origin === "date") return undefined;
  const noun = sizes[issue.origin]?.[1];
  const amount = noun === undefined ? String(limit) : countOf(Number(limit), noun);
  if (issue.exact === true) return `Write exactly ${amount}.`;
  return issue.inclusive === false ? `Write ${exclusive} ${amount}.` : `Write ${amount} ${inclusive}.`;
}

/** What to do about one issue; undefined when only the parameter's own description can say. */
export function advise(issue: Issue, wrong: Wrong): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return adviseOn([issue], wrong) ?? plain[issue.expected];
    case "invalid_value":
      return (
        adviseOn([issue], wrong) ??
        (issue.values.length === 1 ? `Write ${spell(issue.values[0])}.` : "Choose one of them.")
      );
    case "invalid_union":
      return adviseOn(kindsOf(issue), wrong);
    case "too_small":
      return adviseOnBound(issue, issue.minimum, "or more", "more than");
    case "too_big":
      return adviseOnBound(issue, issue.maximum, "or less", "less than");
    case "invalid_format": {
      const example = exampleOf(issue.format);
      return example === undefined ? undefined : `Write it as in ${quote(example)}.`;
    }
    default:
      return undefined;
  }
}
