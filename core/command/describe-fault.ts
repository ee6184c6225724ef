import { RustiqError, reasonOf } from "../errors.ts";
import type { EntryFault } from "../journal/records.ts";
import type { Mask } from "../mask.ts";

/** Characters of a message or hint at the most; a plugin may throw any text. */
const longestText = 8192;

function shorten(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}… (${text.length} characters)`;
}

/**
 * A fault as reports show it. `mask` is for what a plugin threw, which may hold its secrets; it comes before the cut, which could
 * leave the beginning of one. Codes stay: the runtime itself goes by them.
 */
export function describeFault(thrown: unknown, mask: Mask = (text) => text): EntryFault {
  const show = (text: string) => shorten(mask(text));
  if (!(thrown instanceof RustiqError)) return { code: "command-failed", message: show(reasonOf(thrown)) };
  return {
    code: thrown.code,
    message: show(thrown.message),
    ...(thrown.span === undefined ? {} : { span: { start: thrown.span.start, end: thrown.span.end } }),
    ...(thrown.hint === undefined ? {} : { hint: show(thrown.hint) }),
  };
}
