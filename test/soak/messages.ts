/** What the measured process is told at its start, as JSON. */
export interface Task {
  /** Holds the configuration; everything that the process writes lies below. */
  readonly folder: string;
  readonly services: readonly string[];
  /** Keys that are fetched into files again and again. */
  readonly keys: readonly string[];
}

/** What the process says of itself, after a garbage collection. Bytes. */
export interface Inside {
  readonly heap: number;
  /** Outside of the heap, array buffers among it. */
  readonly external: number;
  readonly arrayBuffers: number;
  /** What keeps the process alive, by kind. */
  readonly handles: Readonly<Record<string, number>>;
}

export interface Totals {
  /** By kind of operation. */
  readonly operations: Readonly<Record<string, { readonly done: number; readonly failed: number }>>;
  /** By kind of operation and code. */
  readonly errors: Readonly<Record<string, number>>;
  /** What was not the right bytes; empty when all is well. */
  readonly wrong: readonly string[];
  /** Names of what was put into the outbox. */
  readonly sent: readonly string[];
}

export type Question = "sample" | "rest" | "stop";

/** Answers come in the order of the questions. `rest`: no operation begins any more and none is under way. */
export type Answer =
  | { readonly type: "ready" }
  | { readonly type: "sample"; readonly inside: Inside }
  | { readonly type: "rest"; readonly totals: Totals }
  | { readonly type: "stop" };
