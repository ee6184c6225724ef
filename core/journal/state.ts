import type { Effect } from "../plugin/contract.ts";
import type { Json } from "../plugin/surroundings.ts";
import type { DocumentVersion, EntryFault, EntryResult, JournalRecord, OutboxItem } from "./records.ts";

/** Identities of batches that are remembered per service; older ones are known by the result file they left. */
export const rememberedBatches = 1000;

export interface EntryState {
  attempts: number;
  effect: Effect | undefined;
  begunAt: string | undefined;
  result: EntryResult | undefined;
}

/** A batch that was taken and is not yet reported. */
export interface OpenBatch {
  readonly batch: string;
  readonly receivedAt: string;
  readonly document: DocumentVersion;
  readonly file: string | undefined;
  readonly fault: EntryFault | undefined;
  readonly entries: Map<number, EntryState>;
}

export interface ServiceState {
  /** What the last look at the document found. */
  document: DocumentVersion | undefined;
  /** The document is to be removed if it is still the version that was run. */
  removal: DocumentVersion | undefined;
  open: OpenBatch | undefined;
  /** Batches that were taken, oldest first. */
  readonly batches: Set<string>;
  /** How many names of batches had to make room for newer ones. */
  forgotten: number;
}

/** Everything the device knows across restarts: what the records of the journal add up to. */
export interface DeviceState {
  boots: number;
  readonly services: Map<string, ServiceState>;
  /** By id, in the order of acceptance. */
  readonly outbox: Map<string, OutboxItem>;
  readonly kept: Map<string, Map<string, Json>>;
}

export function emptyState(): DeviceState {
  return { boots: 0, services: new Map(), outbox: new Map(), kept: new Map() };
}

/** The state of a service, made on first sight. */
export function serviceState(state: DeviceState, service: string): ServiceState {
  let found = state.services.get(service);
  if (found === undefined) {
    found = { document: undefined, removal: undefined, open: undefined, batches: new Set(), forgotten: 0 };
    state.services.set(service, found);
  }
  return found;
}

function openEntry(service: ServiceState, entry: number): EntryState {
  const entries = service.open?.entries;
  let found = entries?.get(entry);
  if (found === undefined) {
    found = { attempts: 0, effect: undefined, begunAt: undefined, result: undefined };
    entries?.set(entry, found);
  }
  return found;
}

function remember(service: ServiceState, batch: string): void {
  service.batches.add(batch);
  for (const oldest of service.batches) {
    if (service.batches.size <= rememberedBatches) break;
    service.batches.delete(oldest);
    service.forgotten += 1;
  }
}

/** Takes one record into the state. The same records always give the same state. */
export function applyRecord(state: DeviceState, record: JournalRecord): void {
  switch (record.t) {
    case "boot":
      state.boots += 1;
      return;
    case "known":
      serviceState(state, record.service).document = record.document;
      return;
    case "received": {
      const service = serviceState(state, record.service);
      service.document = record.document;
      service.removal = undefined;
      service.open = {
        batch: record.batch,
        receivedAt: record.at,
        document: record.document,
        file: record.file,
        fault: record.fault,
        entries: new Map(),
      };
      remember(service, record.batch);
      return;
    }
    case "begun": {
      const entry = openEntry(serviceState(state, record.service), record.entry);
      entry.attempts = record.attempt;
      entry.effect = record.effect;
      entry.begunAt = record.at;
      return;
    }
    case "ended": {
      const entry = openEntry(serviceState(state, record.service), record.entry);
      entry.result ??= record.result;
      return;
    }
    case "reported": {
      const service = serviceState(state, record.service);
      if (record.remove) service.removal = service.open?.document;
      service.open = undefined;
      for (const item of record.items) state.outbox.set(item.id, item);
      return;
    }
    case "gone":
      serviceState(state, record.service).document = undefined;
      return;
    case "removed":
      serviceState(state, record.service).removal = undefined;
      return;
    case "queued":
      for (const item of record.items) state.outbox.set(item.id, item);
      return;
    case "uploaded":
      state.outbox.delete(record.id);
      return;
    case "kept": {
      const owner = state.kept.get(record.owner) ?? new Map<string, Json>();
      state.kept.set(record.owner, owner);
      if (record.value === undefined) owner.delete(record.name);
      else owner.set(record.name, record.value);
    }
  }
}
