import type { Effect } from "../plugin/contract.ts";
import type { Json } from "../plugin/surroundings.ts";
import type { EntryState } from "./state.ts";

/** What the journal holds. Field names are short-lived JSON inside the state folder; readers outside use `rustiq journal`. */

/** Which very object a batch was made from. */
export interface DocumentVersion {
  readonly etag: string;
  /** The store's version id, or its modification time. */
  readonly version: string;
}

/** What went wrong with a command or a document. */
export interface EntryFault {
  /** As in the README's table, or a plugin's own. */
  readonly code: string;
  /** What was found, where, and what was expected. */
  readonly message: string;
  /** UTF-16 offsets into the expression, the end exclusive; absent where the fault is in none of its parts. */
  readonly span?:
    | {
        /** The first unit. */
        readonly start: number;
        /** Behind the last unit. */
        readonly end: number;
      }
    | undefined;
  /** What to do. */
  readonly hint?: string | undefined;
}

/** A result that is too large for the journal lies in a file of its own until its report is safe. */
export interface ResultFile {
  /** Name below the folder `results` of the state folder. */
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
}

/** The result of one entry: never changed once written. */
export interface EntryResult {
  readonly status: "ok" | "error";
  /** JSON text; empty where `blob` holds it. */
  readonly result: string;
  readonly blob?: ResultFile | undefined;
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
  /** Digest of the bytes; items of journals of the first format have none. */
  readonly sha256?: string | undefined;
  readonly contentType: string;
  /** Never overwrites: an object that is there already counts as delivered. */
  readonly createOnly: boolean;
  /** What is dropped first when room is needed; reports never are. */
  readonly kind: "report" | "upload" | "presence" | "log";
}

/** State of a service that changes with the result of a command: one record, so both or neither survive. */
export interface KeptValues {
  readonly owner: string;
  /** Without a value the name is forgotten. */
  readonly values: readonly (readonly [name: string, value?: Json])[];
}

export type JournalRecord =
  /** The runtime starts. What it did not close before, it died of. */
  | { readonly t: "boot"; readonly at: string; readonly id?: string | undefined }
  /** The runtime was stopped: the next boot finds no death. */
  | { readonly t: "stopped"; readonly at: string }
  /** Records are missing from here on: whatever was not ended may have been begun, and documents may have been run. */
  | { readonly t: "damaged"; readonly at: string; readonly reason: string }
  /** The clock was seen at this time; with `lower` it is believed although it was seen later before. */
  | { readonly t: "clock"; readonly at: string; readonly lower?: boolean | undefined }
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
      /** Digest of the staged bytes, and how many entries they hold. */
      readonly sha256?: string | undefined;
      readonly entries?: number | undefined;
      readonly fault?: EntryFault | undefined;
    }
  /** Only a clock that cannot be believed keeps the batch from going on; or no longer. */
  | { readonly t: "waiting"; readonly service: string; readonly isWaiting: boolean }
  | {
      readonly t: "begun";
      readonly service: string;
      readonly entry: number;
      readonly attempt: number;
      readonly effect: Effect;
      readonly at: string;
      /** Id of the boot that began it. */
      readonly boot?: string | undefined;
    }
  /** The beginning could not be made durable, so the command was not run: as if it had not been begun. */
  | {
      readonly t: "spared";
      readonly service: string;
      readonly entry: number;
      /** What was known of the entry before. */
      readonly before: EntryState | undefined;
    }
  /** The command restarts the runtime and is judged at the next boot, by its own handler. */
  | { readonly t: "restarting"; readonly service: string; readonly entry: number; readonly note: Json }
  | {
      readonly t: "ended";
      readonly service: string;
      readonly entry: number;
      readonly result: EntryResult;
      readonly kept?: KeptValues | undefined;
    }
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
  /** Room was needed for something that counts more. */
  | { readonly t: "dropped"; readonly ids: readonly string[] }
  /** State that a command changed which no document asked for. */
  | { readonly t: "changed"; readonly kept: KeptValues }
  /** One value; older versions wrote it so. */
  | { readonly t: "kept"; readonly owner: string; readonly name: string; readonly value?: Json | undefined };
