import type { DeviceState, EntryState, OpenBatch, ServiceState } from "./state.ts";

/** The format of segments that this runtime writes; older ones are read, newer ones refused. */
export const journalFormat = 1;

/** First record of every segment: the whole state at its beginning, so that one segment is all that a start has to read. */
export interface SegmentHead {
  readonly t: "segment";
  readonly format: number;
  readonly snapshot: unknown;
}

/** The state as JSON: maps and sets as lists, in their order. */
export function snapshotOf(state: DeviceState): SegmentHead {
  const snapshot = {
    boots: state.boots,
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
  return { t: "segment", format: journalFormat, snapshot };
}

type Listed<T> = { readonly [Name in keyof T]: T[Name] extends Map<infer K, infer V> ? [K, V][] : T[Name] };

/** The inverse of `snapshotOf`. The checksum vouches for the bytes, the format number for the shape. */
export function stateOf(head: SegmentHead): DeviceState {
  const snapshot = head.snapshot as {
    readonly boots: number;
    readonly services: [
      string,
      Omit<ServiceState, "batches" | "open"> & {
        batches: string[];
        open?: (Omit<OpenBatch, "entries"> & { entries: [number, EntryState][] }) | undefined;
      },
    ][];
    readonly outbox: Listed<Pick<DeviceState, "outbox">>["outbox"];
    readonly kept: [string, [string, never][]][];
  };
  return {
    boots: snapshot.boots,
    services: new Map(
      snapshot.services.map(([name, service]) => [
        name,
        {
          document: service.document,
          removal: service.removal,
          batches: new Set(service.batches),
          forgotten: service.forgotten,
          open: service.open && { ...service.open, entries: new Map(service.open.entries) },
        },
      ]),
    ),
    outbox: new Map(snapshot.outbox),
    kept: new Map(snapshot.kept.map(([owner, values]) => [owner, new Map(values)])),
  };
}

/** Whether a record read from a segment's beginning is its head. */
export function isSegmentHead(record: unknown): record is SegmentHead {
  return typeof record === "object" && record !== null && (record as { t?: unknown }).t === "segment";
}
