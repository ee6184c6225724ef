import type { Effect } from "../plugin/contract.ts";
import type { Json } from "../plugin/surroundings.ts";

/** What the journal holds. Field names are short-lived JSON inside the state folder; readers outside use `rustiq journal`. */

/** Which very object a batch was made from. */
export interface DocumentVersion {
  readonly etag: string;
  /** The store's version id, or its modification time. */
  readonly version: string;
}

export interface EntryFault {
  readonly code: string;
  readonly message: string;
  readonly span?: { readonly start: number; readonly end: number } | undefined;
  readonly hint?: string | undefined;
}

/** The result of one entry: never changed once written. */
export interface EntryResult {
  readonly status: "ok" | "error";
  /** JSON text. */
  readonly result: string;
  readonly error?: EntryFault | undefined;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly attempts: number;
}

/** Something that waits for its upload. */
export interface OutboxItem {
  readonly id: string;
  readonly store: string;
  readonly key: string;
  /** Name of the file in the outbox folder that holds the bytes. */
  readonly file: string;
  readonly size: number;
  readonly contentType: string;
  /** Never overwrites: an object that is there already counts as delivered. */
  readonly createOnly: boolean;
  /** Reports are never dropped. */
  readonly kind: "report" | "upload" | "presence";
}

export type JournalRecord =
  | { readonly t: "boot"; readonly at: string }
  /** The polled object needs no run: its batch was run before. */
  | { readonly t: "known"; readonly service: string; readonly document: DocumentVersion }
  | {
      readonly t: "received";
      readonly service: string;
      readonly batch: string;
      readonly at: string;
      readonly document: DocumentVersion;
      /** Name of the staged file; absent where the document was refused before it was read. */
      readonly file?: string | undefined;
      readonly fault?: EntryFault | undefined;
    }
  | {
      readonly t: "begun";
      readonly service: string;
      readonly entry: number;
      readonly attempt: number;
      readonly effect: Effect;
      readonly at: string;
    }
  | { readonly t: "ended"; readonly service: string; readonly entry: number; readonly result: EntryResult }
  | {
      readonly t: "reported";
      readonly service: string;
      readonly items: readonly OutboxItem[];
      readonly remove: boolean;
    }
  /** Nothing lies where the document was. */
  | { readonly t: "gone"; readonly service: string }
  /** The document of the last batch was removed from its store, or is another one by now. */
  | { readonly t: "removed"; readonly service: string }
  | { readonly t: "queued"; readonly items: readonly OutboxItem[] }
  | { readonly t: "uploaded"; readonly id: string }
  | { readonly t: "kept"; readonly owner: string; readonly name: string; readonly value?: Json | undefined };
