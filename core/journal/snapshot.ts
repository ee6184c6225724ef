import { type DeviceState, type EntryState, emptyEntry, emptyService, emptyState, type OpenBatch } from "./state.ts";

/**
 * The format of segments that this runtime writes; older ones are read, newer ones refused. Since 2 records are numbered, and
 * segments are named by the epoch of their owner.
 */
export const journalFormat = 2;

/** First record of every segment: the whole state at its beginning, so that one segment is all that a start has to read. */
export interface SegmentHead {
  readonly t: "segment";
  readonly format: number;
  /** Number of the last record that the snapshot holds; 0 before the first, absent in format 1. */
  readonly n?: number;
  readonly snapshot: unknown;
}

/** The state as JSON: maps and sets as lists, in their order. */
export function snapshotOf(state: DeviceState, n: number): SegmentHead {
  const snapshot = {
    ...state,
    services: [...state.services].map(([name, service]) => [
      name,
      {
        ...service,
        batches: [...service.batches],
        open: service.open && { ...service.open, entries: [...service.open.entries] },
      },
    ]),
    outbox: [...state.outbox],
    kept: [...state.kept].map(([owner, values]) => [owner, [...values]]),
  };
  return { t: "segment", format: journalFormat, n, snapshot };
}

/** What JSON makes of a type: maps and sets are lists, and members may be missing. */
type Listed<T> = {
  readonly [Name in keyof T]?:
    | (T[Name] extends Map<infer Key, infer Value>
        ? [Key, Value][]
        : T[Name] extends Set<infer Value>
          ? Value[]
          : T[Name])
    | undefined;
};
type ListedBatch = Omit<Listed<OpenBatch>, "entries"> & { readonly entries: [number, Partial<EntryState>][] };
type ListedService = Omit<Listed<ReturnType<typeof emptyService>>, "open"> & { readonly open?: ListedBatch };

function readBatch(listed: ListedBatch): OpenBatch {
  const unknown = { file: undefined, sha256: undefined, count: undefined, fault: undefined };
  const entries = new Map(listed.entries.map(([index, entry]) => [index, { ...emptyEntry(), ...entry }]));
  // Whoever wrote it had every member that its format has.
  return { ...unknown, deaths: 0, isWaiting: false, isDoubtful: false, ...listed, entries } as OpenBatch;
}

/**
 * The inverse of `snapshotOf`, also for older formats: what they do not have is as in an empty state. The checksum vouches for the
 * bytes, the format number for the shape.
 */
export function stateOf(head: SegmentHead): DeviceState {
  const { services, outbox, kept, ...plain } = head.snapshot as Omit<Listed<DeviceState>, "services" | "kept"> & {
    readonly services: [string, ListedService][];
    readonly kept: [string, [string, never][]][];
  };
  return {
    ...emptyState(),
    ...(plain as Partial<DeviceState>),
    services: new Map(
      services.map(([name, { open, batches, ...service }]) => [
        name,
        {
          ...emptyService(),
          ...(service as object),
          batches: new Set(batches),
          open: open === undefined ? undefined : readBatch(open),
        },
      ]),
    ),
    outbox: new Map(outbox),
    kept: new Map(kept.map(([owner, values]) => [owner, new Map(values)])),
  };
}

/** Whether a record read from a segment's beginning is its head. */
export function isSegmentHead(record: unknown): record is SegmentHead {
  return typeof record === "object" && record !== null && (record as { t?: unknown }).t === "segment";
}
