import type { Readable } from "node:stream";

/** What a store says of one object. `key` is below the store's prefix. */
export interface ObjectInfo {
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
  readonly contentType?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** Every operation can be given up. */
export interface Operation {
  readonly signal: AbortSignal;
}

/** Bytes `start` to `end`, both inclusive, as in an HTTP Range. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

export interface ReadOperation extends Operation {
  readonly range?: ByteRange | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** 304, 404 and 412 are answers, not exceptions. The body of "ok" must be read to its end or destroyed. */
export type ReadAnswer =
  | { readonly status: "ok"; readonly info: ObjectInfo; readonly range: ByteRange; readonly body: Readable }
  | { readonly status: "unchanged" | "missing" | "changed" };

export type WriteCondition = { readonly absent: true } | { readonly match: string };

export interface WriteOperation extends Operation {
  readonly when?: WriteCondition | undefined;
  readonly contentType?: string | undefined;
  /** Lower-case ASCII names, printable ASCII values. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** MD5 of the body in lower-case hexadecimal: the store refuses other bytes as "corrupt" before anybody can see them. */
  readonly md5?: string | undefined;
}

export interface ListOperation extends Operation {
  /** Only keys that sort after this one. */
  readonly after?: string | undefined;
}

/** Bytes that can be read again: a retry, a part or a digest reads them once more. `to` is exclusive. */
export type Body = Uint8Array | { readonly size: number; open(from: number, to: number): AsyncIterable<Uint8Array> };

/** A part of an object as the store has taken it. `number` counts from 1. */
export interface StoredPart {
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
  readonly smallestPart: number;
  readonly largestPart: number;
  /** Parts of one object. */
  readonly mostParts: number;
}

/** What is to become an object, but is none yet. `upload` is the store's name of it. */
export interface UnfinishedUpload {
  readonly upload: string;
  /** Milliseconds since the epoch, as the store says. */
  readonly startedAt: number;
}

/** Objects that are sent in parts, in any order, each as often as it takes: what is there need not be sent again. */
export interface Multipart {
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
  head(key: string, op: Operation): Promise<ObjectInfo | "missing">;
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
  readonly conditionalRead: boolean;
  readonly createOnly: boolean;
  readonly compareAndSwap: boolean;
  readonly ranges: boolean;
  readonly metadata: boolean;
  /** Compares the MD5 that is given with a write before the object is visible. */
  readonly checksums: boolean;
  /** Takes objects in parts. */
  readonly multipart: boolean;
  /** Heeds the declared conditions also where it puts parts together. */
  readonly conditionalMultipart: boolean;
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

export type StoreErrorCode =
  | "denied"
  | "conflict"
  | "unsupported"
  | "throttled"
  | "timeout"
  | "unavailable"
  | "corrupt"
  | "invalid-key"
  | "too-large"
  | "aborted";

/** "unknown-outcome": a write that may have landed; it is repeated only where repeating does no harm. */
export type RetryClass = "never" | "safe" | "unknown-outcome";

const retryClass: Record<StoreErrorCode, RetryClass> = {
  denied: "never",
  conflict: "never",
  unsupported: "never",
  throttled: "safe",
  timeout: "safe",
  unavailable: "safe",
  corrupt: "safe",
  "invalid-key": "never",
  "too-large": "never",
  aborted: "never",
};

/** The only thing a driver throws. Callers decide by `code` and `retry`, never by the message. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  readonly retry: RetryClass;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    more: { retry?: RetryClass | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.retry = more.retry ?? retryClass[code];
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** The bytes of a body from `from` to `to` (exclusive), whichever form it has. */
export async function* readBody(body: Body, from = 0, to = sizeOf(body)): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body.subarray(from, to);
  else yield* body.open(from, to);
}

/** Length of a body in bytes. */
export function sizeOf(body: Body): number {
  return body instanceof Uint8Array ? body.byteLength : body.size;
}
