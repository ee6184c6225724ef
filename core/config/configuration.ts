import type { Application } from "../plugin/surroundings.ts";

/** The configuration as the runtime uses it: checked, with defaults, every path absolute. Made by `load.ts`. */
export interface Configuration {
  /** The device's name towards its central system. */
  readonly deviceId: string;
  /** Folder of journal, outbox and services' state. */
  readonly stateDir: string;
  /** Where the configuration file lies (else the working folder): packages and relative paths start here. */
  readonly folder: string;
  /** The stores, each a name in a backend. */
  readonly stores: readonly StoreEntry[];
  /** What is loaded, in this order. */
  readonly plugins: readonly PluginEntry[];
  /** What a program says of plugins that it gives itself, for the secrets in it; set by `createRuntime`. */
  readonly given?: readonly PluginEntry[] | undefined;
  /** Programs on the device. */
  readonly applications: readonly Application[];
  /** How often stores that cannot be watched are asked. */
  readonly poll: {
    /** Milliseconds. */
    readonly intervalMs: number;
    /** Share of the interval, 0 to 1. */
    readonly jitter: number;
  };
  /** What becomes of a document that was run. */
  readonly incoming: {
    /** "delete" removes it, if it is still the version that was run. */
    readonly after: "keep" | "delete";
  };
  /** The local API on loopback; off without it. */
  readonly http:
    | {
        /** 1 to 65535. */
        readonly port: number;
      }
    | undefined;
  /** Hosts that `http_request` may reach although they are loopback or private: `name` or `name:port`, in lower case. */
  readonly allowedHosts: readonly string[];
  /** Milliseconds between two heartbeats. */
  readonly heartbeatMs: number;
  /** What commands, documents and uploads may cost. */
  readonly limits: Limits;
  /** The least that is logged. */
  readonly log: {
    /** Lines below it are left out. */
    readonly level: "debug" | "info" | "warn" | "error" | "silent";
  };
  /** What is odd but no fault, for the log. */
  readonly warnings: readonly string[];
}

/** A store as the runtime opens it. */
export interface StoreEntry {
  /** Unique. */
  readonly name: string;
  /** A built-in word, a package name or a path. */
  readonly backend: string;
  /** Of all its keys in the backend; empty for none. */
  readonly prefix: string;
  /**
   * The backend's own members, for its schema. May hold secrets: never print it unmasked. fs: `path` (absolute); s3 and minio:
   * `bucket_name`, `region`, `endpoint` (URL), and `credentials` or `credentials_profile`; others: as they stand in the entry.
   */
  readonly options: Readonly<Record<string, unknown>>;
  /** Operations that may be under way at this store at once; the runtime's own number without it. */
  readonly requestsAtOnce?: number | undefined;
}

/** A plugin as the runtime loads it. */
export interface PluginEntry {
  /** Built-in word, package name or path. */
  readonly use: string;
  /** In every message; the plugin's own without it. */
  readonly name: string | undefined;
  /** As it stands in the file, for the plugin's schema; `{}` without it. May hold secrets. */
  readonly config: unknown;
  /** What the device does when the plugin cannot be loaded or does not start: end its own start, or go on without it. "continue" without it. */
  readonly onFailure?: "abort" | "continue" | undefined;
  /** Where the plugin runs: in the runtime, or in a process of its own. "none" without it. */
  readonly isolate?: "none" | "process" | undefined;
  /** What the isolated process may use; `defaultMemoryBytes` without it. */
  readonly memoryBytes?: number | undefined;
  /** The numeric user that the isolated process runs as; the runtime's own without it. */
  readonly userId?: number | undefined;
  /** The service or backend name that another entry, or a built-in word, gives up to this plugin. */
  readonly replaces?: string | undefined;
}

/** Bytes of memory that an isolated plugin may use when its entry does not say: 256 MiB. */
export const defaultMemoryBytes = 256 * 1024 * 1024;

/** All configurable; the members' names in the file are the same in snake_case. */
export interface Limits {
  /** Bytes of a document. */
  readonly documentBytes: number;
  /** Commands in a document. */
  readonly documentEntries: number;
  /** Bytes of an expression in UTF-8. */
  readonly expressionBytes: number;
  /** Brackets inside brackets of an expression. */
  readonly nesting: number;
  /** Bytes of a result as JSON. */
  readonly resultBytes: number;
  /** Milliseconds of one run, of a command that has no limit of its own. */
  readonly commandMs: number;
  /** One request to a store, from call to answer; a body may take longer while bytes come. */
  readonly requestMs: number;
  /**
   * What waits for its upload, on the disk: a file counts with whole blocks of 4096 bytes, and with a 65,536th of this at the least.
   * Below one block no upload is taken; reports always are.
   */
  readonly outboxBytes: number;
  /** Room on the disk that is kept for outcomes; as much again has to be free before anything new is taken. */
  readonly reserveBytes: number;
  /** The event loop of a device with plugins that are not built in may stand still for as long, before its process is ended. */
  readonly stallMs: number;
}

export const defaultLimits: Limits = {
  documentBytes: 1024 * 1024,
  documentEntries: 1000,
  expressionBytes: 16 * 1024,
  nesting: 32,
  resultBytes: 1024 * 1024,
  commandMs: 30_000,
  requestMs: 30_000,
  outboxBytes: 64 * 1024 * 1024,
  reserveBytes: 1024 * 1024,
  stallMs: 60_000,
};
