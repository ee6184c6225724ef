const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text of an element. What XML 1.0 cannot hold goes as a reference, as Amazon S3 does it; parsers may refuse it. */
function toReferences(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a key may hold and XML may not
  return text.replace(/[&<>"\u0000-\u001f]/g, (found) => escapes[found] ?? `&#x${found.charCodeAt(0).toString(16)};`);
}

export type Content = string | number | boolean | readonly Element[];
/** Absent content leaves the element out. */
export type Element = readonly [name: string, content: Content | undefined];

function print([name, content]: Element): string {
  if (content === undefined) return "";
  return `<${name}>${Array.isArray(content) ? content.map(print).join("") : toReferences(String(content))}</${name}>`;
}

export function printDocument(name: string, content: Content): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${print([name, content])}`;
}

function readReferences(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** What is inside of each element of that name; they must not nest. */
export function readElements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([^]*?)</${name}>`, "g"))].map((match) => match[1] ?? "");
}

/** The text of the first element of that name. */
export function readText(xml: string, name: string): string | undefined {
  const inside = readElements(xml, name)[0];
  return inside === undefined ? undefined : readReferences(inside.trim());
}
