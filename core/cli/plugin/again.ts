import type { PluginCheckOptions } from "../groups/plugin.ts";
import { makeVisible } from "../terminal.ts";

/** A word as a POSIX shell reads it back. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What was given as a file, or as the object itself: then on one line. */
function spellGiven(given: string): string {
  if (!given.trimStart().startsWith("{")) return quoteWord(given);
  return quoteWord(JSON.stringify(JSON.parse(given)));
}

/** The command line that checks the same plugin again with what it was given, but these cases; all without any. */
export function spellAgain(path: string, options: PluginCheckOptions, cases: readonly string[]): string {
  const { config, arguments: args, skip = [], limit } = options;
  const words = ["rustiq plugin check", quoteWord(path)];
  if (config !== undefined) words.push("--config", spellGiven(config));
  if (args !== undefined) words.push("--arguments", spellGiven(args));
  if (limit !== undefined) words.push("--limit", String(limit));
  if (skip.length > 0) words.push("--skip", ...skip.map(quoteWord));
  if (cases.length > 0) words.push("--case", ...cases);
  return makeVisible(words.join(" "));
}
