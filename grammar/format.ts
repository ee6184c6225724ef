import type { Invocation, Literal } from "./literal.ts";
import { printFloat, printInteger } from "./number.ts";
import { reserved } from "./reserved.ts";

const dottedName = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** Whether a text can stand before the parenthesis of a call. */
export function isCommandName(text: string): boolean {
  return dottedName.test(text) && !text.split(".").some((part) => reserved.has(part));
}

/**
 * The canonical text of an invocation: `parse(format(x))` equals `x` up to spans, source and raw numbers. One thing cannot be
 * said: a command without a service whose name is no Python name and whose first argument is a text. Only `rereadAsCommand`
 * makes such an invocation, and its text is then the one that it was reread from.
 */
export function format(invocation: Invocation): string {
  return formatCall(invocation, isCommandName(invocation.command.text));
}

/** Among the arguments `set()` is a value, and so is what begins with a constant that is no reserved word. */
function formatArgument(invocation: Invocation): string {
  const { command, args, kwargs } = invocation;
  const isValue =
    /^(?:true|false|null)\b/.test(command.text) || (command.text === "set" && args.length + kwargs.length === 0);
  return formatCall(invocation, isCommandName(command.text) && !isValue);
}

function formatCall(invocation: Invocation, canNameIt: boolean): string {
  const { service, command, args, kwargs } = invocation;
  const named = kwargs.map(({ name, value }) => `${name.text}=${formatLiteral(value)}`);
  if (service === null && canNameIt && command.text !== "call_service") {
    return `${command.text}(${[...args.map(formatLiteral), ...named].join(", ")})`;
  }
  const target = service === null ? [command] : [service, command];
  const first = target.map(({ text }) => quote(text));
  return `call_service(${[...first, ...args.map(formatLiteral), ...named].join(", ")})`;
}

/** The canonical Python text of a literal: what `repr` prints, but for infinity, which is written as a float that overflows. */
export function formatLiteral(literal: Literal): string {
  switch (literal.kind) {
    case "str":
      return quote(literal.value);
    case "bytes":
      return quoteBytes(literal.value);
    case "int":
      return printInteger(literal.value);
    case "float":
      return printFloat(literal.value);
    case "bool":
      return literal.value ? "True" : "False";
    case "none":
      return "None";
    case "list":
      return `[${literal.items.map(formatLiteral).join(", ")}]`;
    case "tuple":
      return literal.items.length === 1
        ? `(${literal.items.map(formatLiteral).join("")},)`
        : `(${literal.items.map(formatLiteral).join(", ")})`;
    case "set":
      return literal.items.length === 0 ? "set()" : `{${literal.items.map(formatLiteral).join(", ")}}`;
    case "call":
      return formatArgument(literal.invocation);
    case "dict":
      return `{${literal.entries.map(({ key, value }) => `${formatLiteral(key)}: ${formatLiteral(value)}`).join(", ")}}`;
  }
}

const chooseQuote = (text: string) => (text.includes("'") && !text.includes('"') ? '"' : "'");

const short: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

// Controls, format characters, separators but the space, lone surrogates, and what Unicode has not assigned.
const hidden = /[\p{C}\p{Z}]/u;

function quote(text: string): string {
  const mark = chooseQuote(text);
  let body = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === mark) body += `\\${mark}`;
    else if (short[char] !== undefined) body += short[char];
    else if (char === " " || (code > 0x20 && code < 0x7f) || !hidden.test(char)) body += char;
    else if (code < 0x100) body += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x10000) body += `\\u${code.toString(16).padStart(4, "0")}`;
    else body += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return mark + body + mark;
}

function quoteBytes(bytes: Uint8Array): string {
  const mark = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let body = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === mark) body += `\\${mark}`;
    else if (short[char] !== undefined) body += short[char];
    else if (byte >= 0x20 && byte < 0x7f) body += char;
    else body += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `b${mark}${body}${mark}`;
}
