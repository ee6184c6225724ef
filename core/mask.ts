import type { Json } from "./plugin/surroundings.ts";

/** What stands in the place of a secret. */
export const MASK = "***";

/** A text with every known secret in it masked. */
export type Mask = (text: string) => string;

// As a text a shorter one would blacken ordinary words wherever they stand.
const shortestSecret = 4;

/** How a secret may stand in a text: as it is, inside a JSON text, and inside a JSON text within one. */
function spell(secret: string): readonly string[] {
  const once = JSON.stringify(secret).slice(1, -1);
  return [JSON.stringify(once).slice(1, -1), once, secret];
}

/** Masks these secrets wherever they stand. What comes out is never longer than what went in. */
export function createMask(secrets: readonly string[]): Mask {
  const long = secrets.filter((secret) => secret.length >= shortestSecret);
  // Of one inside another the longer goes first, so that no rest of it stays.
  const spellings = [...new Set(long.flatMap(spell))].sort((a, b) => b.length - a.length);
  return (text) => spellings.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** The same for a JSON value: value by value, so that it stays JSON. A number is masked when the whole of it is a secret. */
export function maskJson(value: Json, mask: Mask): Json {
  if (typeof value === "string") return mask(value);
  if (typeof value === "number") return mask(String(value)) === MASK ? MASK : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => maskJson(item, mask));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [mask(name), maskJson(inner, mask)]));
}
