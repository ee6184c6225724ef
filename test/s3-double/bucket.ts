import { createHash } from "node:crypto";
import { Refusal } from "./refusal.ts";
import type { Headers } from "./request.ts";

/** What a request says of an object beside its bytes. */
export interface Description {
  /** Kept headers and metadata by header name. */
  readonly headers: Headers;
}

export interface StoredObject extends Description {
  readonly bytes: Buffer;
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface Upload extends Description {
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  readonly parts: Map<number, StoredObject>;
}

/** What happened to an object, as notifications name it. */
export interface Change {
  readonly eventName: string;
  readonly key: string;
}

/** What one bucket holds. */
export class Bucket {
  readonly name: string;
  readonly madeAt: number;
  readonly uploads = new Map<string, Upload>();
  /** Told of every change. */
  readonly listeners = new Set<(change: Change) => void>();
  readonly #objects = new Map<string, StoredObject>();
  #sorted: readonly string[] | undefined;

  constructor(name: string, madeAt: number) {
    this.name = name;
    this.madeAt = madeAt;
  }

  get objects(): ReadonlyMap<string, StoredObject> {
    return this.#objects;
  }

  /** Keys in the order of their UTF-8 bytes. */
  get keys(): readonly string[] {
    if (this.#sorted === undefined) {
      const keys = [...this.#objects.keys()].map((key) => Buffer.from(key)).sort(Buffer.compare);
      this.#sorted = keys.map((key) => key.toString());
    }
    return this.#sorted;
  }

  put(key: string, object: StoredObject): void {
    if (!this.#objects.has(key)) this.#sorted = undefined;
    this.#objects.set(key, object);
    this.#tell({ eventName: "s3:ObjectCreated:Put", key });
  }

  remove(key: string): void {
    if (!this.#objects.delete(key)) return;
    this.#sorted = undefined;
    this.#tell({ eventName: "s3:ObjectRemoved:Delete", key });
  }

  #tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }
}

export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

const keptHeaders = ["content-type", "content-encoding", "content-disposition", "content-language", "cache-control"];
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const longestMetadata = 2048;
const longestKey = 1024;

/** What a PUT or the start of an upload says of its object; throws a `Refusal` for what is too long. */
export function describe(key: string, asked: Headers): Description {
  if (Buffer.byteLength(key) > longestKey) throw new Refusal(400, "KeyTooLongError", "the key is too long");
  const headers: Record<string, string> = { "content-type": "binary/octet-stream" };
  let length = 0;
  for (const [name, value] of Object.entries(asked)) {
    if (name.startsWith("x-amz-meta-")) length += name.length - "x-amz-meta-".length + value.length;
    else if (!keptHeaders.includes(name)) continue;
    // The framing of the request is not a property of the object.
    const kept = name === "content-encoding" ? value.replace(/aws-chunked,?\s*/, "") : value;
    if (kept !== "") headers[name] = kept;
  }
  if (length > longestMetadata) throw new Refusal(400, "MetadataTooLarge", "the metadata is too large");
  return { headers };
}
