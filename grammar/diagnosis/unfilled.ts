import type { ParseFault } from "../fault.ts";
import { constants, refuse } from "./mistake.ts";
import { cut } from "./proposal.ts";
import type { Token } from "./token.ts";

const unfilled =
  /\{\{ ?([A-Za-z_][\w.-]{0,40}) ?\}\}|\{([A-Za-z_][\w.-]{0,40})\}|\$\{[^{}\s]{1,40}\}|\$[A-Za-z_]\w*|%\(\w{1,40}\)[sdif]?|%[sd](?!\w)|<[A-Za-z][\w .-]{0,40}>/y;

/** `{{id}}`, `${HOME}`, `%s`, `<id>` where a value must stand: a template that nobody has filled in. */
export function explainUnfilled(source: string, token: Token): ParseFault | null {
  unfilled.lastIndex = token.start;
  const found = unfilled.exec(source);
  if (found === null) return null;
  const name = found[1] ?? found[2];
  // {True} is a set.
  if (name !== undefined && constants.has(name)) return null;
  const message = `\`${cut(found[0])}\` looks like a placeholder that was not filled in`;
  const span = { start: token.start, end: token.start + found[0].length };
  return refuse(name === undefined ? "bad-character" : "bare-name", message, span, "put the value in its place", [
    "a value",
  ]);
}
