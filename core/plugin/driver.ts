import type { Readable } from "node:stream";

export { type RetryClass, StoreError, type StoreErrorCode } from "./store-error.ts";

/** What a store says of one object. `key` is below the store's prefix. */
export interface ObjectInfo {
  /** Below the store's prefix. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Opaque; changes with the content. Only good for conditions. */
  readonly etag: string;
  /** MD5 of the content in lower-case hexadecimal; absent where the store does not say one. */
  readonly md5?: string | undefined;
  /** The backend's name of this very version; absent where it keeps none. */
  readonly version?: string | undefined;
  /** Milliseconds since the epoch, as the store says. */
  readonly modifiedAt: number;
  /** As given with the write; absent where there was none. */
  readonly contentType?: string | undefined;
  /** As given with the write; names in lower case. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** Every operation can be given up. */
export interface Operation {
  /** Aborts what is under way: the operation rejects with "aborted". */
  readonly signal: AbortSignal;
}

/** Bytes `start` to `end`, both inclusive, as in an HTTP Range. */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly start: number;
  /** The last byte; the object's own without it. */
  readonly end?: number | undefined;
}

/** Which bytes, and under which condition. */
export interface ReadOperation extends Operation {
  /** The whole object without it. */
  readonly range?: ByteRange | undefined;
  /** An etag: another one is answered with "changed". */
  readonly ifMatch?: string | undefined;
  /** An etag: the same one is answered with "unchanged". */
  readonly ifNoneMatch?: string | undefined;
}

/** 304, 404 and 412 are answers, not exceptions. The body of "ok" must be read to its end or destroyed. */
export type ReadAnswer =
  | {
      /** Here are the bytes. */
      readonly status: "ok";
      /** The object that they are of, as it is while they come. */
      readonly info: ObjectInfo;
      /** Which bytes they are: all of them where the store has no ranges. */
      readonly range: ByteRange;
      /** The bytes. */
      readonly body: Readable;
    }
  | {
      /** `ifNoneMatch` is still the etag; there is no such object; `ifMatch` is no longer the etag. */
      readonly status: "unchanged" | "missing" | "changed";
    };

/** Only where there is no such object, or only over the version with this etag. */
export type WriteCondition =
  | {
      /** There must be no such object. */
      readonly absent: true;
    }
  | {
      /** The etag that the object must have. */
      readonly match: string;
    };

/** How an object is written. */
export interface WriteOperation extends Operation {
  /** Unconditional without it. */
  readonly when?: WriteCondition | undefined;
  /** The object's media type. */
  readonly contentType?: string | undefined;
  /** Lower-case ASCII names, printable ASCII values. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** MD5 of the body in lower-case hexadecimal: the store refuses other bytes as "corrupt" before anybody can see them. */
  readonly md5?: string | undefined;
}

/** Where a listing begins. */
export interface ListOperation extends Operation {
  /** Only keys that sort after this one. */
  readonly after?: string | undefined;
}

/** Bytes that can be read again: a retry, a part or a digest reads them once more. `to` is exclusive. */
export type Body =
  | Uint8Array
  | {
      /** Bytes. */
      readonly size: number;
      /** The bytes from `from` to `to`, in chunks of any size; called again whenever they are needed again. */
      open(from: number, to: number): AsyncIterable<Uint8Array>;
    };

/** A part of an object as the store has taken it. `number` counts from 1. */
export interface StoredPart {
  /** From 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** Opaque; the store wants it back when the parts are put together. */
  readonly etag: string;
  /** MD5 of the part in lower-case hexadecimal; absent where the store does not say one. */
  readonly md5?: string | undefined;
}

/** What the store asks of parts, in bytes; only the last part may be smaller than `smallestPart`. */
export interface PartLimits {
  /** Bytes of every part but the last at the least. */
  readonly smallestPart: number;
  /** Bytes of one part at the most. */
  readonly largestPart: number;
  /** Parts of one object. */
  readonly mostParts: number;
}

/** What is to become an object, but is none yet. `upload` is the store's name of it. */
export interface UnfinishedUpload {
  /** The store's name of it. */
  readonly upload: string;
  /** Milliseconds since the epoch, as the store says. */
  readonly startedAt: number;
}

/** Objects that are sent in parts, in any order, each as often as it takes: what is there need not be sent again. */
export interface Multipart {
  /** What parts must be like. */
  readonly limits: PartLimits;
  /** Resolves to the upload's name. Nothing is visible. */
  begin(key: string, op: Pick<WriteOperation, "signal" | "contentType" | "meta">): Promise<string>;
  /** Takes the place of an earlier part of that number. */
  writePart(
    key: string,
    upload: string,
    number: number,
    body: Body,
    op: Pick<WriteOperation, "signal" | "md5">,
  ): Promise<StoredPart>;
  /** In the order of their numbers, every page; "missing" when the upload was completed or given up. */
  listParts(key: string, upload: string, op: Operation): Promise<readonly StoredPart[] | "missing">;
  /** Makes the object of these parts, visible whole or not at all. A condition that does not hold is "conflict"; the upload stays. */
  complete(
    key: string,
    upload: string,
    parts: readonly StoredPart[],
    op: Pick<WriteOperation, "signal" | "when">,
  ): Promise<ObjectInfo>;
  /** Gives the upload up. One that is not there is no error. */
  abort(key: string, upload: string, op: Operation): Promise<void>;
  /** Unfinished uploads of this very key, oldest first, a thousand at the most. */
  listUploads(key: string, op: Operation): Promise<readonly UnfinishedUpload[]>;
}

/**
 * One place in one kind of storage. A driver is thin: prefix, key rules, retries, time limits and logging are core's layers
 * around it. It throws `StoreError` only.
 */
export interface Driver {
  /** What the store says of an object, without its bytes. */
  head(key: string, op: Operation): Promise<ObjectInfo | "missing">;
  /** Bytes of an object, or why there are none; never an exception for what is missing or unchanged. */
  read(key: string, op: ReadOperation): Promise<ReadAnswer>;
  /** Visible whole or not at all. A condition that does not hold is `StoreError` "conflict". */
  write(key: string, body: Body, op: WriteOperation): Promise<ObjectInfo>;
  /** In key order (UTF-8 bytes), every page. */
  list(prefix: string, op: ListOperation): AsyncIterable<ObjectInfo>;
  /** Removing what is not there is no error. */
  remove(key: string, op: Operation): Promise<void>;
  /** What to believe, until it was tried, of declared capabilities that this very place may not have: a compatible server's. */
  readonly unproven?: Partial<Record<CapabilityName, boolean>> | undefined;
  /** For large objects, where the store can be sent parts. */
  readonly multipart?: Multipart | undefined;
  /** Yields whenever something below `prefix` may have changed; ends when the signal aborts. */
  watch?(prefix: string, op: Operation): AsyncIterable<void>;
  /** A line for people on how the server does, where it says that itself; undefined where it does not. `rustiq doctor` shows it. */
  health?(op: Operation): Promise<string | undefined>;
  /** Frees what `open` took. */
  close?(): Promise<void> | void;
}

/** What a backend honours. A condition outside of it fails with "unsupported" before a byte is sent. */
export interface Capabilities {
  /** Heeds `ifMatch` and `ifNoneMatch` of a read. */
  readonly conditionalRead: boolean;
  /** Heeds `when: { absent: true }` of a write. */
  readonly createOnly: boolean;
  /** Heeds `when: { match }` of a write. */
  readonly compareAndSwap: boolean;
  /** Reads a part of an object. */
  readonly ranges: boolean;
  /** Keeps `meta` with an object. */
  readonly metadata: boolean;
  /** Compares the MD5 that is given with a write before the object is visible. */
  readonly checksums: boolean;
  /** Takes objects in parts. */
  readonly multipart: boolean;
  /** Heeds the declared conditions also where it puts parts together. */
  readonly conditionalMultipart: boolean;
  /** Has `watch`, which tells of changes. */
  readonly watch: boolean;
  /** Bytes of one `write` at the most; absent where there is no such bound. */
  readonly largestWrite?: number | undefined;
  /**
   * Milliseconds between two looks that must agree before an object is believed whole; for places where strangers write
   * without an atomic rename (a folder). Absent where an object appears whole.
   */
  readonly settleMs?: number | undefined;
}

/** What can be declared or not; a member with a measure is not one of them. */
export type CapabilityName = {
  [Name in keyof Capabilities]-?: Capabilities[Name] extends boolean ? Name : never;
}[keyof Capabilities];

/** Promises nothing; a store plugin names what it adds: `can: { ...noCapabilities, conditionalRead: true }`. */
export const noCapabilities: Capabilities = Object.freeze({
  conditionalRead: false,
  createOnly: false,
  compareAndSwap: false,
  ranges: false,
  metadata: false,
  checksums: false,
  multipart: false,
  conditionalMultipart: false,
  watch: false,
});

/** The bytes of a body from `from` to `to` (exclusive), whichever form it has. */
export async function* readBody(body: Body, from = 0, to = sizeOf(body)): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body.subarray(from, to);
  else yield* body.open(from, to);
}

/** Length of a body in bytes. */
export function sizeOf(body: Body): number {
  return body instanceof Uint8Array ? body.byteLength : body.size;
}
