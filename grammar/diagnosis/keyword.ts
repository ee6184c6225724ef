import type { ParseFault } from "../fault.ts";
import { type Frame, peek, previousToken, type State } from "./cursor.ts";
import { isPlainName, refuse } from "./mistake.ts";
import { isPlainValue, suggest } from "./proposal.ts";
import type { Token } from "./token.ts";
import { suggestRun } from "./unquoted.ts";

// The name of an argument, and the many marks that people write behind it instead of `=`.

/** The name that a token is, or that a text without prefix says. */
function nameOf(token: Token): string | undefined {
  const name = token.kind === "text" ? /^(['"])([^'"]{1,40})\1$/.exec(token.text)?.[2] : token.text;
  return name !== undefined && isPlainName(name) ? name : undefined;
}

const proposeName = (name: string | undefined) => (name === undefined ? undefined : `${name}=`);

/** An equals sign behind a value, or behind a name where none is an argument's. The cursor stands on the value's last token or behind it. */
export function explainEquals(state: State, frame: Frame, token: Token): ParseFault {
  if (frame.kind === "call" && frame.named) {
    return refuse("stray-equals", "a second `=` in one argument", token, "write name=value", ["`,`"]);
  }
  if (frame.kind === "call") {
    const first = frame.first ?? token;
    const last = previousToken(state);
    const isText = first.kind === "text" || first.kind === "bytes";
    const message = isText
      ? "the name of an argument is a plain name, without quotes"
      : "the name of an argument is a plain name";
    const name = isText && first.start === last.start ? nameOf(first) : undefined;
    const span = { start: first.start, end: last.end };
    return refuse("bad-keyword", message, span, suggest(proposeName(name), "write name=value"), ["a name"]);
  }
  const hint =
    frame.kind === "brace" ? "in a dict write key: value" : "arguments with a name stand directly in the call";
  return refuse("stray-equals", "an equals sign has no meaning here", token, hint, ["`,`"]);
}

/** `name=` in a list, a tuple or a dict; the cursor stands on the name. */
export function explainNameEquals(state: State, frame: Frame, name: Token, token: Token): ParseFault {
  if (frame.kind !== "brace" || !isPlainName(name.text)) return explainEquals(state, frame, token);
  const value = peek(state, 2).text;
  const hint = `in a dict write '${name.text}': ${isPlainValue(value) ? value : "value"}`;
  return refuse("stray-equals", "an equals sign has no meaning here", token, hint, ["`,`"]);
}

/** `=>`, `->` and `→`: an argument's name, a dict's key, or a function. */
export function explainArrow(state: State, frame: Frame, key: Token, arrow: Token): ParseFault | null {
  const { text } = arrow;
  if (text !== "=>" && text !== "->" && text !== "→") return null;
  const isFunction = text !== "→" && (key.text === ")" || isRepeated(state.source, key, arrow));
  if (isFunction && text === "=>") return refuse("lambda", "functions cannot be written here", arrow, "give a value");
  const name = frame.kind === "call" && !frame.named ? nameOf(key) : undefined;
  const isEntry = frame.kind === "brace" && !frame.named && text !== "->";
  if (name === undefined && text !== "=>" && !isEntry) return null;
  const hint = isEntry ? "did you mean `:`?" : suggest(proposeName(name), "write name=value");
  return refuse("stray-equals", `\`${text}\` has no meaning here`, arrow, hint, ["`=`"]);
}

/** `x => x`: what stands behind the arrow begins with the name before it. */
function isRepeated(source: string, key: Token, arrow: Token): boolean {
  const behind = source.slice(arrow.end, arrow.end + key.text.length + 4).trimStart();
  return key.kind === "name" && behind.startsWith(key.text) && !/^\w/.test(behind.slice(key.text.length));
}

/** A colon behind a value that is no key of a dict. */
export function explainColon(state: State, frame: Frame, token: Token): ParseFault {
  if (frame.kind !== "call") {
    const hint = "a key and its value stand in braces: {key: value}";
    return refuse("stray-colon", "a colon has no meaning here", token, hint, ["`,`"]);
  }
  const key = previousToken(state);
  const value = peek(state).text;
  const name = !frame.named && key.start === frame.first?.start && key.kind === "text" ? nameOf(key) : undefined;
  const hint =
    name !== undefined && isPlainValue(value)
      ? `did you mean \`${name}=${value}\`, or a dict: {'${name}': ${value}}?`
      : "an argument with a name is written name=value; put text in quotes";
  return refuse("stray-colon", "a colon has no meaning here", token, hint, ["`,`"]);
}

/** `name: value` and `name:value` among the arguments. */
export function explainNameColon(state: State, name: Token, colon: Token): ParseFault {
  const proposal = suggest(proposeName(nameOf(name)), "write name=value");
  const isOneWord = name.end === colon.start && /\w/.test(state.source.charAt(colon.end));
  const asText = isOneWord ? /`(.*)`/.exec(suggestRun(state.source, name.start))?.[1] : undefined;
  const hint = asText === undefined ? proposal : proposal.replace(/\?$/, `, or \`${asText}\` as text?`);
  return refuse("stray-colon", "a colon has no meaning here", colon, hint, ["`=`"]);
}
