import { type ParseCode, ParseFault } from "../fault.ts";

const integer = /^(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*)$/;
const float = /^(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*|\d(?:_?\d)*(?=[eE]))(?:[eE][+-]?\d(?:_?\d)*)?$/;

const base: Readonly<Record<string, string>> = { x: "a hex number", o: "an octal number", b: "a binary number" };

/** What is wrong with a number, if something is. */
export function explainNumber(text: string, start: number): ParseFault | undefined {
  if (integer.test(text) || float.test(text)) return undefined;
  const refuse = (code: ParseCode, message: string, hint: string) =>
    new ParseFault(code, message, { start, end: start + text.length }, { expected: ["a number"], hint });
  const last = text.slice(0, -1);
  if (/j$/i.test(text) && (/^\d[\d_]*$/.test(last) || float.test(last))) {
    return refuse("complex", "complex numbers are not part of the language", "give the two parts as two numbers");
  }
  if (/^0[\d_]+$/.test(text)) {
    const digits = text.replace(/^[0_]+/, "");
    return refuse(
      "leading-zero",
      "an integer cannot begin with a zero",
      `did you mean \`${digits}\`, or \`'${text}'\` as text?`,
    );
  }
  if (/^\d+(?:\.\d+){2,}$/.test(text)) {
    return refuse("bad-number", `\`${text}\` is not a number`, `did you mean \`'${text}'\`?`);
  }
  const named = /^0([xob])/i.exec(text)?.[1]?.toLowerCase();
  if (named !== undefined) {
    return refuse("bad-number", `\`${text}\` is not ${base[named]}`, `${base[named]} is 0${named} and digits`);
  }
  if (/_(?:_|$|\.)|\._/.test(text)) {
    return refuse("bad-number", `\`${text}\` is not a number`, "an underscore stands between two digits");
  }
  return refuse("bad-number", `\`${text}\` is not a number`, `did you mean \`'${text}'\`?`);
}
