import type { PlannedDocument } from "./documents.ts";

/** Something that goes wrong from one step of the world to another. Chances are shares of the operations asked. */
export type Fault = { readonly from: number; readonly to: number } & (
  | { readonly kind: "io"; readonly chance: number }
  /** An fsync fails, and what it was for is lost. */
  | { readonly kind: "sync"; readonly chance: number }
  /** Others fill the disk up to so many bytes. */
  | { readonly kind: "full"; readonly free: number }
  /** No store answers. */
  | { readonly kind: "outage" }
  | { readonly kind: "network"; readonly chance: number }
  | { readonly kind: "stale"; readonly chance: number }
  /** Time passes although operations wait. */
  | { readonly kind: "slip"; readonly chance: number }
);

/** The end of a process. */
export interface Crash {
  /** Steps of the world since the last end, or since the beginning. */
  readonly after: number;
  /** "freeze": the process stands still, another one takes over, and then it goes on. */
  readonly how: "kill" | "power" | "stop" | "freeze";
  /** Milliseconds until the next process starts. */
  readonly gapMs: number;
  /** Steps of the world that a frozen process stands still. */
  readonly frozen?: number;
}

/** Somebody sets the wall clock. */
export interface Jump {
  readonly step: number;
  readonly ms: number;
}

/** What the store does about create-once. */
export type CreateOnce = "honoured" | "undeclared" | "ignored";

/** Everything that happens in one run. The same plan always gives the same run. */
export interface Plan {
  readonly seed: number;
  readonly services: readonly string[];
  readonly documents: readonly PlannedDocument[];
  readonly crashes: readonly Crash[];
  readonly faults: readonly Fault[];
  readonly jumps: readonly Jump[];
  readonly createOnce: CreateOnce;
  /** The incoming store is a folder that strangers write in place. */
  readonly isFolder: boolean;
  /** The incoming store names versions; else modification times of whole seconds tell them apart. */
  readonly isVersioned: boolean;
  readonly after: "keep" | "delete";
  /** Bytes. */
  readonly outboxBytes: number;
  /** Reading operations on the disk are steps of their own. */
  readonly isFine: boolean;
  /** The wall clock at the beginning, in milliseconds since the epoch. */
  readonly wall: number;
  /** The server's clock at the beginning, in milliseconds since the epoch. */
  readonly serverWall: number;
}

/** An outbox that no run fills. Bytes. */
export const largeOutbox = 64 * 1024 * 1024;

/** Whether the disk itself may fail: then more may end in errors. */
export function hasDiskFaults({ faults }: Plan): boolean {
  return faults.some(({ kind }) => kind === "io" || kind === "sync" || kind === "full");
}

/** Whether files may be left over that go at the next start: of operations that failed, or of a process that had lost its folder. */
export function mayLeaveRest(plan: Plan): boolean {
  return hasDiskFaults(plan) || plan.crashes.some(({ how }) => how === "freeze");
}
