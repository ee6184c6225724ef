import {
  type Body,
  type Multipart,
  type ObjectInfo,
  type PartLimits,
  type StoredPart,
  StoreError,
  type WriteOperation,
} from "../plugin/driver.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { md5Of } from "./store-cases/case.ts";

/** What was sent of an object that is not there yet. */
export interface MemoryUpload {
  /** Of the object that it is to become. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What the object will have beside its bytes. */
  readonly op: Pick<WriteOperation, "contentType" | "meta">;
  /** By their numbers. */
  readonly parts: Map<
    number,
    {
      /** What the store says of it. */
      readonly part: StoredPart;
      /** Its content. */
      readonly bytes: Buffer;
    }
  >;
}

/** Small, so that a test needs few bytes for many parts. */
const memoryPartLimits: PartLimits = { smallestPart: 1024, largestPart: 1024 ** 3, mostParts: 10_000 };

interface Hands {
  readonly receive: (what: string, body: Body, op: Pick<WriteOperation, "signal" | "md5">) => Promise<Buffer>;
  readonly put: (key: string, bytes: Buffer, op: Pick<WriteOperation, "when" | "contentType" | "meta">) => ObjectInfo;
}

export function checkAborted(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw new StoreError("aborted", `${what} was given up: its signal aborted`);
}

/** Uploads in parts, held to S3's rules. */
export function memoryMultipart(
  memory: { readonly uploads: Map<string, MemoryUpload> },
  clock: Clock,
  { receive, put }: Hands,
): Multipart {
  let begun = 0;

  function find(key: string, upload: string, what: string): MemoryUpload {
    const found = memory.uploads.get(upload);
    if (found?.key === key) return found;
    throw new StoreError("unsupported", `${what} ${key}: there is no such upload; it was completed or given up`);
  }

  return {
    limits: memoryPartLimits,
    begin: async (key, { signal, contentType, meta }) => {
      checkAborted(signal, `begin upload ${key}`);
      const upload = `upload-${memory.uploads.size}-${++begun}-${clock.now()}`;
      memory.uploads.set(upload, { key, startedAt: clock.now(), op: { contentType, meta }, parts: new Map() });
      return upload;
    },
    writePart: async (key, upload, number, body, op) => {
      const what = `write part ${number}`;
      find(key, upload, what);
      const bytes = await receive(`${what} of ${key}`, body, op);
      const md5 = md5Of(bytes);
      const part = { number, size: bytes.byteLength, etag: md5, md5 };
      find(key, upload, what).parts.set(number, { part, bytes });
      return part;
    },
    listParts: async (key, upload, { signal }) => {
      checkAborted(signal, `list parts ${key}`);
      const found = memory.uploads.get(upload);
      if (found?.key !== key) return "missing";
      return [...found.parts.values()].map(({ part }) => part).sort((one, other) => one.number - other.number);
    },
    complete: async (key, upload, parts, { signal, when }) => {
      checkAborted(signal, `complete upload ${key}`);
      const found = find(key, upload, "complete upload");
      const pieces = parts.map(({ number, etag }, index) => {
        const sent = found.parts.get(number);
        const isSmall = index < parts.length - 1 && (sent?.bytes.byteLength ?? 0) < memoryPartLimits.smallestPart;
        const isInOrder = index === 0 || number > (parts[index - 1]?.number ?? 0);
        if (sent?.part.etag === etag && isInOrder && !isSmall) return sent.bytes;
        throw new StoreError(
          "unsupported",
          `complete upload ${key}: part ${number} is missing, too small or misplaced`,
        );
      });
      const info = put(key, Buffer.concat(pieces), { ...found.op, when });
      memory.uploads.delete(upload);
      return info;
    },
    abort: async (key, upload, { signal }) => {
      checkAborted(signal, `abort upload ${key}`);
      if (memory.uploads.get(upload)?.key === key) memory.uploads.delete(upload);
    },
    listUploads: async (key, { signal }) => {
      checkAborted(signal, `list uploads ${key}`);
      const found = [...memory.uploads].filter(([, upload]) => upload.key === key);
      return found.map(([upload, { startedAt }]) => ({ upload, startedAt }));
    },
  };
}
