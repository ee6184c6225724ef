import type { Capabilities, Driver, Operation } from "./driver.ts";

export type { Application, ProcessExit, Processes, RunningProcess } from "./processes.ts";

// What a plugin may ask its context for: `context.get(CLOCK)`. Types here, the keys in `tokens.ts`.

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a log line says beside its message, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A logger; values under secret names are masked whatever they are. */
export interface Log {
  /** For whoever looks for a fault; off by default. */
  debug(message: string, fields?: LogFields): void;
  /** What a person who follows the device wants to know. */
  info(message: string, fields?: LogFields): void;
  /** Something is odd; the device goes on as it should. */
  warn(message: string, fields?: LogFields): void;
  /** Something failed. */
  error(message: string, fields?: LogFields): void;
  /** The same logger with these fields in every line. */
  child(fields: LogFields): Log;
}

/** Time. Tests and the simulation bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some start; never goes back. */
  elapsed(): number;
  /** Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Runs once after `ms`; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** Randomness; one seed replays a simulation. */
export interface Random {
  /** At least 0, below 1. */
  float(): number;
  /** `length` random bytes as lower-case hex. */
  hex(length: number): string;
}

/** What a service keeps across restarts: JSON under names, in the journal. */
export interface State {
  /** Undefined where nothing is kept under the name. */
  get(name: string): Json | undefined;
  /** All that is kept, by name. */
  entries(): readonly (readonly [string, Json])[];
  /**
   * Durable when it resolves; after a rejection the value is what it was, as far as the disk can still tell. A value has 1 MiB with
   * its name at the most, all of one plugin's 8 MiB: larger things belong into files of the plugin's own (FOLDER). Throws
   * "state-too-large".
   */
  put(name: string, value: Json): Promise<void>;
  /** Durable when it resolves. A name that is not there is no error. */
  remove(name: string): Promise<void>;
}

/** A configured store: its driver behind core's layers. */
export interface Store extends Driver {
  /** As in the configuration. */
  readonly name: string;
  /** The plugin behind it. */
  readonly backend: string;
  /** What this place honours, as far as it is known. */
  readonly can: Capabilities;
}

/** The configured stores. */
export interface Stores {
  /** Throws "store-unknown" naming the configured ones. */
  get(name: string): Store;
  /** Every store, in the configuration's order. */
  all(): readonly Store[];
}

/**
 * Durable uploads: what is accepted here is sent whenever the network allows, across restarts. The outbox is bounded: for room logs
 * go first, oldest first, and for a report other uploads too; on a full disk all logs. A newer upload of the same key takes the place
 * of one that still waits, unless that one is never to be overwritten.
 */
export interface Uploads {
  /** Throws "outbox-full" when room cannot be made, and "disk-full". */
  put(
    store: string,
    key: string,
    body: Uint8Array | string,
    options?: {
      readonly contentType?: string;
      /** Never overwrites. */
      readonly createOnly?: boolean;
      /** "data" without it. */
      readonly kind?: "data" | "log";
    },
  ): Promise<void>;
}

/** A file that was fetched whole. */
export interface DownloadedFile {
  /** Where it lies. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of its content, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Of the version that was fetched. */
  readonly etag: string;
}

/** What a mirror did. */
export interface Synced {
  /** Files that came. */
  readonly transferred: number;
  /** Files that are gone. */
  readonly removed: number;
  /** Files that were right already. */
  readonly unchanged: number;
  /** That were transferred. */
  readonly bytes: number;
}

/** Whole-file transfers: the file is there completely or not at all. */
export interface Transfers {
  /**
   * Fetches an object into `path`; a download that was cut short is gone on with. Throws `StoreError`, and `RustiqError`
   * "object-missing" and "disk-full".
   */
  download(
    store: string,
    key: string,
    path: string,
    op: Operation & { readonly maxBytes?: number | undefined },
  ): Promise<DownloadedFile>;

  /**
   * Makes the folder `path` like what lies below `prefix`, a folder of the store ("" is all of it): each file is old or new, and what
   * was cut short is gone on with. Throws `StoreError`, and `RustiqError` "mirror-collision", "mirror-deletes", "mirror-too-large",
   * "mirror-incomplete", "path-refused" and "disk-full".
   */
  sync(
    store: string,
    prefix: string,
    path: string,
    op: Operation & {
      /** Removes what the store has not: at most a quarter of the folder's files without `force`. */
      readonly delete?: boolean | undefined;
      readonly force?: boolean | undefined;
      /** The whole folder changes in one step. */
      readonly atomic?: boolean | undefined;
    },
  ): Promise<Synced>;
}

/** A part of a text: UTF-16 offsets. */
interface Span {
  /** The first unit. */
  readonly start: number;
  /** Behind the last unit. */
  readonly end: number;
}

/** How a command ended. */
export interface Outcome {
  /** "ok" when the handler answered what its schema accepts. */
  readonly status: "ok" | "error";
  /** The result, or the message of the error. */
  readonly result: Json;
  /** What went wrong; absent when nothing did. */
  readonly error?:
    | {
        /** As in the README's table, or a plugin's own. */
        readonly code: string;
        /** What was found, where, and what was expected. */
        readonly message: string;
        /** Where in the expression; absent where the fault is in none of its parts. */
        readonly span?: Span | undefined;
        /** What to do. */
        readonly hint?: string | undefined;
      }
    | undefined;
}

/** Other services' commands, for services that run stored expressions. */
export interface Calls {
  /** Parses and binds without running; rejects with the fault that running would give. */
  check(expression: string, owner: string): Promise<void>;
  /** Never throws: what goes wrong is the outcome. `owner` is the service a bare name belongs to. */
  run(expression: string, options: { readonly owner: string; readonly signal: AbortSignal }): Promise<Outcome>;
}

/** Small files in the plugin's own folder (`Device.folder`). Names are relative, with `/`; a path out of the folder is refused. */
export interface Folder {
  /** Undefined when there is no such file; throws when it is larger than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Whole or not at all, durable when it resolves. */
  write(name: string, bytes: Uint8Array | string): Promise<void>;
  /** A name that is not there is no error. */
  remove(name: string): Promise<void>;
  /** Names of the files below the folder, sorted; empty when there are none. */
  list(): Promise<readonly string[]>;
}

/** The device as plugins see it. */
export interface Device {
  /** The device's name towards its central system. */
  readonly id: string;
  /** A folder of this plugin's own, below the state folder; made before the plugin starts. */
  readonly folder: string;
  /** Hosts that requests may reach although they are loopback or private. */
  readonly allowedHosts: readonly string[];
}
