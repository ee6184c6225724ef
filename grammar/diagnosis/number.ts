import { type ParseCode, ParseFault } from "../fault.ts";
import { cut, suggestOrText, suggestText } from "./proposal.ts";

const integer = /^(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*)$/;
const float = /^(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*|\d(?:_?\d)*(?=[eE]))(?:[eE][+-]?\d(?:_?\d)*)?$/;

interface Base {
  readonly name: string;
  readonly hint: string;
}

const bases: Readonly<Record<string, Base>> = {
  x: { name: "a hex number", hint: "after 0x stand the digits 0 to 9 and a to f" },
  o: { name: "an octal number", hint: "after 0o stand the digits 0 to 7" },
  b: { name: "a binary number", hint: "after 0b stand 0 and 1" },
};

export const isNumber = (text: string) => integer.test(text) || float.test(text);

/** What is wrong with a number, if something is. `sign` stands before it and belongs to what is proposed. */
export function explainNumber(text: string, start: number, sign = ""): ParseFault | undefined {
  if (isNumber(text)) return undefined;
  const refuse = (code: ParseCode, message: string, hint: string) =>
    new ParseFault(code, message, { start, end: start + text.length }, { expected: ["a number"], hint });
  const shown = cut(text);
  const last = text.slice(0, -1);
  if (/j$/i.test(text) && (/^\d[\d_]*$/.test(last) || float.test(last))) {
    return refuse(
      "complex",
      `\`${shown}\` is a complex number, and there are none here`,
      "give the two parts as two numbers",
    );
  }
  if (/^0(?:_?\d)+$/.test(text)) {
    const digits = text.replace(/^[0_]+/, "");
    return refuse(
      "leading-zero",
      "an integer cannot begin with a zero",
      suggestOrText(`${sign}${digits}`, `${sign}${text}`),
    );
  }
  const base = bases[/^0([xob])/i.exec(text)?.[1]?.toLowerCase() ?? ""];
  if (base !== undefined) return refuse("bad-number", `\`${shown}\` is not ${base.name}`, base.hint);
  if (/_(?:_|$|\.)|\._/.test(text)) {
    return refuse("bad-number", `\`${shown}\` is not a number`, "an underscore stands between two digits");
  }
  return refuse("bad-number", `\`${shown}\` is not a number`, suggestText(sign + text));
}
