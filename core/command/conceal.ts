import { isSecretName, MASK, maskText } from "../config/secrets.ts";
import type { Mask } from "../mask.ts";
import type { Conceal } from "../plugin/found.ts";

// A header, a line of a settings file, JSON that is broken: `"password": "x"`.
const named = /(?<![\w.-])([\w.-]+)(["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s,;}"'][^\r\n,;}"']*)/g;

// What a longer text tells of itself would take too long to be found.
const longestRead = 4096;

/** A plain `key` names an object in a store. */
function isSecret(name: string): boolean {
  return name !== "key" && isSecretName(name);
}

/**
 * What a message may repeat of an expression: neither a secret of the configuration, nor what stands under a name that says it is
 * secret, nor what a text tells of itself: a URL's user and password, `name=value`, `name: value`, JSON.
 */
export function createConceal(mask: Mask): Conceal {
  return (text, names) => {
    if (names.some(isSecret)) return MASK;
    if (text.length > longestRead) return /[:=]/.test(text) ? MASK : mask(text);
    return mask(maskPairs(maskInside(text)));
  };
}

function maskInside(text: string): string {
  const masked = maskText(text, () => undefined);
  // JSON is written anew there; without a secret in it, it stays as it was given.
  return masked === rewrite(text) ? text : masked;
}

function rewrite(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function maskPairs(text: string): string {
  const pairs = new RegExp(named);
  let shown = "";
  let at = 0;
  for (let found = pairs.exec(text); found !== null; found = pairs.exec(text)) {
    const [whole, name = "", between = "", value = ""] = found;
    // What stands behind a harmless name may be a pair itself.
    pairs.lastIndex = found.index + (isSecret(name) ? whole : name + between).length;
    if (!isSecret(name)) continue;
    const [mark = ""] = /^["']/.exec(value) ?? [];
    const close = value.length > 1 && value.endsWith(mark) ? mark : "";
    shown += `${text.slice(at, found.index)}${name}${between}${mark}${MASK}${close}`;
    at = pairs.lastIndex;
  }
  return shown + text.slice(at);
}
