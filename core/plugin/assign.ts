import type { z } from "zod";
import type { Invocation, Literal } from "../../grammar/index.ts";
import { fault } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Shape } from "./contract.ts";
import { isOptional } from "./describe.ts";

function quoteAll(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return quoted.length < 3
    ? quoted.join(" and ")
    : `${quoted.slice(0, -1).join(", ")}, and ${quoted[quoted.length - 1]}`;
}

/**
 * Which literal goes to which parameter, by Python's rules and in its words (CPython reference 6.3.4, Calls). Throws
 * "argument-unexpected", "argument-repeated", "argument-too-many" or "argument-missing" with the place in the expression.
 */
export function assign(invocation: Invocation, shape: Shape): Map<string, Literal> {
  const command = invocation.command.text;
  const names = Object.keys(shape);
  const given = new Map<string, Literal>();
  // The order of CPython's own checks: keywords, then too many, then missing.
  for (const [index, name] of names.entries()) {
    const literal = invocation.args[index];
    if (literal !== undefined) given.set(name, literal);
  }
  const keywords = new Set(invocation.kwargs.map(({ name }) => name.text));
  const free = names.filter((name) => !given.has(name) && !keywords.has(name));
  for (const { name, value } of invocation.kwargs) {
    if (!names.includes(name.text)) {
      // Following a hint must not end in "multiple values".
      const only = names.length === 1 && free.length === 1 ? `did you mean '${free[0]}'?` : undefined;
      const listed =
        names.length < 2 ? `It has ${quoteAll(names) || "no"} parameter.` : `Its parameters are ${quoteAll(names)}.`;
      const hint = didYouMean(name.text, free) ?? only ?? listed;
      throw fault("argument-unexpected", { command, name: name.text }, { span: name.span, hint });
    }
    if (given.has(name.text)) throw fault("argument-repeated", { command, name: name.text }, { span: name.span });
    given.set(name.text, value);
  }
  const required = names.filter((name) => !isOptional(shape[name] as z.ZodType));
  if (invocation.args.length > names.length) {
    const [least, most, count] = [required.length, names.length, invocation.args.length];
    const takes = least === most ? `${most}` : `from ${least} to ${most}`;
    throw fault(
      "argument-too-many",
      {
        command,
        takes: `${takes} positional argument${takes === "1" ? "" : "s"}`,
        given: `${count} ${count === 1 ? "was" : "were"}`,
      },
      { span: invocation.args[most]?.span, hint: most === 0 ? "Leave the parentheses empty." : undefined },
    );
  }
  const missing = required.filter((name) => !given.has(name));
  if (missing.length > 0) {
    const noun = missing.length === 1 ? "positional argument" : "positional arguments";
    throw fault(
      "argument-missing",
      { command, count: missing.length, noun, names: quoteAll(missing) },
      { span: invocation.command.span },
    );
  }
  return given;
}
