import type { Capabilities, Driver, Operation } from "./driver.ts";

/** What a plugin may ask its context for: `context.get(CLOCK)`. Types here, the keys in `tokens.ts`. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type LogFields = Readonly<Record<string, unknown>>;

/** A logger; values under secret names are masked whatever they are. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
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
  get(name: string): Json | undefined;
  entries(): readonly (readonly [string, Json])[];
  /**
   * Durable when it resolves; after a rejection the value is what it was, as far as the disk can still tell. A value has 1 MiB with
   * its name at the most, all of one plugin's 8 MiB: larger things belong into files of the plugin's own (FOLDER). Throws
   * "state-too-large".
   */
  put(name: string, value: Json): Promise<void>;
  remove(name: string): Promise<void>;
}

/** A configured store: its driver behind core's layers. */
export interface Store extends Driver {
  readonly name: string;
  readonly backend: string;
  readonly can: Capabilities;
}

export interface Stores {
  /** Throws "store-unknown" naming the configured ones. */
  get(name: string): Store;
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

export interface DownloadedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly etag: string;
}

/** What a mirror did. */
export interface Synced {
  readonly transferred: number;
  readonly removed: number;
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

export interface Outcome {
  readonly status: "ok" | "error";
  /** The result, or the message of the error. */
  readonly result: Json;
  readonly error?:
    | {
        readonly code: string;
        readonly message: string;
        readonly span?: { readonly start: number; readonly end: number } | undefined;
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

/** An application definition, as the configuration holds it. */
export interface Application {
  readonly applicationId: string;
  readonly serviceName: string | undefined;
  readonly servicePort: number | undefined;
  readonly description: string | undefined;
  /** Environment of the program. */
  readonly properties: Readonly<Record<string, string>>;
  /** Program and arguments; absent where something else starts the program. */
  readonly startCommand: readonly string[] | undefined;
  readonly workingFolder: string | undefined;
  readonly autostart: boolean;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface RunningProcess {
  readonly pid: number;
  readonly exit: Promise<ProcessExit>;
  /** Signals the whole process group. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Child processes. */
export interface Processes {
  /** Resolves when the program runs; rejects when it cannot be started. `output` gets whole lines. */
  start(
    command: readonly string[],
    options: {
      readonly folder?: string | undefined;
      readonly environment: Readonly<Record<string, string>>;
      readonly output: (line: string) => void;
    },
  ): Promise<RunningProcess>;
}

/** Small files in the plugin's own folder (`Device.folder`). Names are relative, with `/`; a path out of the folder is refused. */
export interface Folder {
  /** Undefined when there is no such file; throws when it is larger than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Whole or not at all, durable when it resolves. */
  write(name: string, bytes: Uint8Array | string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Names of the files below the folder, sorted; empty when there are none. */
  list(): Promise<readonly string[]>;
}

/** The device as plugins see it. */
export interface Device {
  readonly id: string;
  /** A folder of this plugin's own, below the state folder; made before the plugin starts. */
  readonly folder: string;
  /** Hosts that requests may reach although they are loopback or private. */
  readonly allowedHosts: readonly string[];
}
