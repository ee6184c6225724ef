import { join } from "node:path";
import { StoreError } from "./driver.ts";

/** S3's own bound on a key, in UTF-8 bytes. */
const longestKey = 1024;
/** What ext4, APFS and NTFS hold in one name, in bytes. */
const longestName = 255;

/** In quotes; what a terminal would obey or hide is escaped, which JSON alone does not do for all of it. */
function show(text: string): string {
  const spell = (unit: string) => `\\u${hex(unit.charCodeAt(0)).toLowerCase()}`;
  return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => char.split("").map(spell).join(""));
}

function refuse(what: string, key: string, found: string, expected: string): never {
  const shown = show(key.length > 120 ? `${key.slice(0, 120)}…` : key);
  throw new StoreError("invalid-key", `${what} ${shown} ${found}; ${expected}`);
}

/** Characters that no key may hold: C0 and C1 controls, DEL, backslash, half surrogate pairs, U+FFFE and U+FFFF (not XML). */
function checkCharacters(what: string, key: string): void {
  for (const character of key) {
    const code = character.codePointAt(0) ?? 0;
    const place = () => `at position ${key.indexOf(character)}`;
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
      refuse(what, key, `has the control character U+${hex(code)} ${place()}`, "use printable characters");
    }
    if (character === "\\") refuse(what, key, `has a backslash ${place()}`, "write / between names");
    if (code >= 0xd800 && code <= 0xdfff) {
      refuse(what, key, `has half a surrogate pair ${place()}`, "use text that UTF-8 can hold");
    }
    if (code === 0xfffe || code === 0xffff) refuse(what, key, `has U+${hex(code)} ${place()}`, "no store can list it");
  }
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}

/** Throws `StoreError` "invalid-key" for what is longer than S3 takes. `what` begins the message. */
export function checkLength(what: string, key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > longestKey) refuse(what, key, `has ${bytes} bytes in UTF-8`, `at most ${longestKey} are allowed`);
}

function checkSegments(what: string, key: string, segments: readonly string[]): void {
  for (const segment of segments) {
    if (segment === "") refuse(what, key, "has an empty name between two /", "write a single / between names");
    if (segment === "." || segment === "..") refuse(what, key, `has the name ${segment}`, "use plain names");
  }
}

/** The rule for every key (SPEC 5): throws `StoreError` "invalid-key" that says what is wrong with it. Nothing is repaired. */
export function checkKey(key: string, what = "key"): void {
  if (key === "") refuse(what, key, "is empty", "give names with / between them");
  checkLength(what, key);
  checkCharacters(what, key);
  if (key.startsWith("/")) refuse(what, key, "starts with /", "give it without the first /");
  if (key.endsWith("/")) refuse(what, key, "ends with /", "give it without the last /");
  checkSegments(what, key, key.split("/"));
}

/** The same for the beginning of keys, as `list` takes it: it may be empty and may end anywhere, also inside a name. */
export function checkPrefix(prefix: string, what = "prefix"): void {
  if (prefix === "") return;
  checkLength(what, prefix);
  checkCharacters(what, prefix);
  if (prefix.startsWith("/")) refuse(what, prefix, "starts with /", "give it without the first /");
  checkSegments(what, prefix, prefix.split("/").slice(0, -1));
}

/** Negative, zero or positive as `a` sorts before, with or after `b` in UTF-8 bytes, which is the order of every listing. */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return rankUnit(left) - rankUnit(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates before U+E000; UTF-8 puts what they stand for after U+FFFF. */
function rankUnit(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** Names that Windows keeps for devices, with any extension: they open the device, not a file. */
const deviceName = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|:|$)/iu;

/**
 * The file that stands for a key below `root`. What a file system would read differently from what is written is refused, on
 * every platform alike, so that a folder can move to another one: drive letters, device names, names over 255 bytes, closing
 * dots and spaces. Throws `StoreError` "invalid-key".
 */
export function keyToPath(root: string, key: string): string {
  checkKey(key);
  const segments = key.split("/");
  for (const segment of segments) {
    const bytes = Buffer.byteLength(segment);
    if (bytes > longestName) refuse("key", key, `has a name of ${bytes} bytes`, `files hold at most ${longestName}`);
    if (/^[a-z]:/i.test(segment)) refuse("key", key, "has a drive letter", "give names below the store's folder");
    if (deviceName.test(segment)) {
      refuse("key", key, `has the device name ${show(segment)}`, "Windows cannot hold such a file; rename it");
    }
    if (/[. ]$/.test(segment)) {
      refuse("key", key, `has the name ${show(segment)}`, "a name must not end with a dot or a space");
    }
  }
  return join(root, ...segments);
}
