/** Bytes from the beginning that are enough to recognise a picture. */
export const headBytes = 512;

export interface PictureKind {
  readonly contentType: string;
  readonly extension: string;
}

const kinds: readonly (PictureKind & { readonly begins: (head: Uint8Array) => boolean })[] = [
  { contentType: "image/png", extension: "png", begins: startsWith("\x89PNG\r\n\x1a\n") },
  { contentType: "image/jpeg", extension: "jpg", begins: startsWith("\xff\xd8\xff") },
  { contentType: "image/gif", extension: "gif", begins: (head) => /^GIF8[79]a/.test(textOf(head, 6)) },
  { contentType: "image/webp", extension: "webp", begins: (head) => /^RIFF.{4}WEBP/s.test(textOf(head, 12)) },
  { contentType: "image/bmp", extension: "bmp", begins: isBmp },
  { contentType: "image/svg+xml", extension: "svg", begins: isSvg },
];

/** What kind of picture begins with these bytes; undefined for none. A name or a content type is not asked: they may lie. */
export function recognisePicture(head: Uint8Array): PictureKind | undefined {
  const kind = kinds.find(({ begins }) => begins(head));
  return kind && { contentType: kind.contentType, extension: kind.extension };
}

function textOf(bytes: Uint8Array, length = bytes.byteLength): string {
  return Buffer.from(bytes.subarray(0, length)).toString("latin1");
}

function startsWith(magic: string): (head: Uint8Array) => boolean {
  return (head) => textOf(head, magic.length) === magic;
}

/** "BM" alone begins many a text; the size of the information header after it (12 to 124) does not. */
function isBmp(head: Uint8Array): boolean {
  if (head.byteLength < 18 || textOf(head, 2) !== "BM") return false;
  const size = Buffer.from(head).readUInt32LE(14);
  return size >= 12 && size <= 124;
}

/**
 * An svg element after nothing but a declaration, comments and a document type. Walked from one to the next: a single
 * expression for all of it could be made to backtrack for hours by a hostile file.
 */
function isSvg(head: Uint8Array): boolean {
  let rest = textOf(head)
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart();
  for (;;) {
    const end = prologEnd(rest);
    if (end === undefined) return /^<svg[\s>/]/i.test(rest);
    rest = rest.slice(end).trimStart();
  }
}

/** Where the declaration, comment or document type that the text begins with ends; undefined when it begins with none. */
function prologEnd(text: string): number | undefined {
  const after = (mark: string) => {
    const at = text.indexOf(mark);
    return at < 0 ? text.length : at + mark.length;
  };
  if (text.startsWith("<?")) return after("?>");
  if (text.startsWith("<!--")) return after("-->");
  if (!/^<!doctype\s/i.test(text)) return undefined;
  const subset = text.indexOf("[");
  if (subset < 0 || subset > after(">")) return after(">");
  return after(/\]\s{0,9}>/.exec(text)?.[0] ?? "]>");
}
