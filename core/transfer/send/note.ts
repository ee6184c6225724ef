import { basename, dirname, join } from "node:path";
import { sha256Of } from "../../digest.ts";
import { type Files, readWhole, writeWhole } from "../../ports/files.ts";

/** Which upload of which bytes was begun: what lets the next process go on with it. */
export interface UploadNote {
  readonly store: string;
  readonly key: string;
  /** The store's name of the upload. */
  readonly upload: string;
  /** Digest of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly partBytes: number;
  readonly contentType?: string | undefined;
  /** When it was begun; milliseconds since the epoch. */
  readonly at: number;
}

const ending = ".upload";
/** Bytes of a note at the most: a key of 1,024 bytes and an upload's name, escaped. */
const mostBytes = 64 * 1024;

/** Where the note of sending this file to that key lies: beside the file. */
export function placeNote(path: string, store: string, key: string): string {
  const id = sha256Of(Buffer.from([basename(path), store, key].join("\0"))).slice(0, 32);
  return join(dirname(path), `.rustiq-${id}${ending}`);
}

export function isNoteName(name: string): boolean {
  return name.startsWith(".rustiq-") && name.endsWith(ending);
}

/** The note at this path; undefined when there is none that can be used. */
export async function readNote(files: Files, path: string): Promise<UploadNote | undefined> {
  const bytes = await readWhole(files, path, mostBytes).catch((thrown: unknown) => {
    // None of ours is as large.
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  });
  return bytes === undefined ? undefined : parseNote(Buffer.from(bytes).toString("utf8"));
}

function parseNote(text: string): UploadNote | undefined {
  let found: Readonly<Record<string, unknown>>;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    found = value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const { format, store, key, upload, sha256, size, part_bytes: partBytes, content_type: contentType, at } = found;
  if (format !== 1 || typeof store !== "string" || typeof key !== "string" || typeof upload !== "string")
    return undefined;
  if (typeof sha256 !== "string" || typeof size !== "number" || typeof partBytes !== "number") return undefined;
  if (typeof at !== "number") return undefined;
  return {
    store,
    key,
    upload,
    sha256,
    size,
    partBytes,
    at,
    contentType: typeof contentType === "string" ? contentType : undefined,
  };
}

/** Durable when it resolves. */
export async function writeNote(files: Files, path: string, note: UploadNote): Promise<void> {
  const { partBytes: part_bytes, contentType: content_type, ...rest } = note;
  await writeWhole(files, path, Buffer.from(JSON.stringify({ format: 1, ...rest, part_bytes, content_type })));
}
