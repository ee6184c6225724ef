import type { Effect } from "../plugin/contract.ts";
import type { Json } from "../plugin/surroundings.ts";
import type { DocumentVersion, EntryFault, EntryResult, OutboxItem } from "./records.ts";

export interface EntryState {
  attempts: number;
  effect: Effect | undefined;
  begunAt: string | undefined;
  /** Id of the boot that began it last. */
  boot: string | undefined;
  /** What the command left for the boot after the restart that it asked for. */
  restarting: { readonly note: Json } | undefined;
  result: EntryResult | undefined;
}

/** A batch that was taken and is not yet reported. */
export interface OpenBatch {
  readonly batch: string;
  readonly receivedAt: string;
  readonly document: DocumentVersion;
  readonly file: string | undefined;
  readonly sha256: string | undefined;
  /** Entries of the document; unknown where it could not be read, and in journals of the first format. */
  readonly count: number | undefined;
  readonly fault: EntryFault | undefined;
  /** How often the runtime died while it was open. */
  deaths: number;
  /** It waits for the clock: a device that loses its power meanwhile did not die of it. */
  isWaiting: boolean;
  /** Records of it may be missing: what is not known to be ended may have been begun. */
  isDoubtful: boolean;
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
  /** `damages` when its document was looked at last: after damage the first one may have been run already. */
  seenDamages: number;
}

/** Everything the device knows across restarts: what the records of the journal add up to. */
export interface DeviceState {
  boots: number;
  /** Id of the present boot. */
  boot: string | undefined;
  /** The runtime has not been stopped since its last boot. */
  isRunning: boolean;
  /** The latest time that was ever seen; milliseconds since the epoch. A clock that is behind it is wrong. */
  clockFloor: number;
  /** How often records were lost to damage, and what was found last. */
  damages: number;
  lastDamage: { readonly at: string; readonly reason: string } | undefined;
  /** Uploads that had to make room, ever. */
  dropped: number;
  readonly services: Map<string, ServiceState>;
  /** By id, in the order of acceptance. */
  readonly outbox: Map<string, OutboxItem>;
  readonly kept: Map<string, Map<string, Json>>;
}

export function emptyState(): DeviceState {
  return {
    boots: 0,
    boot: undefined,
    isRunning: false,
    clockFloor: 0,
    damages: 0,
    lastDamage: undefined,
    dropped: 0,
    services: new Map(),
    outbox: new Map(),
    kept: new Map(),
  };
}

/** A service of which nothing is known. */
export function emptyService(): ServiceState {
  return {
    document: undefined,
    removal: undefined,
    open: undefined,
    batches: new Set(),
    forgotten: 0,
    seenDamages: 0,
  };
}

/** The state of a service, made on first sight. */
export function serviceState(state: DeviceState, service: string): ServiceState {
  let found = state.services.get(service);
  if (found === undefined) {
    found = emptyService();
    state.services.set(service, found);
  }
  return found;
}

/** An entry that was not begun. */
export function emptyEntry(): EntryState {
  return {
    attempts: 0,
    effect: undefined,
    begunAt: undefined,
    boot: undefined,
    restarting: undefined,
    result: undefined,
  };
}

/** Whether the service's next document may have been run already: records were lost since the last look at it. */
export function isDoubtful(state: DeviceState, service: string): boolean {
  return (state.services.get(service)?.seenDamages ?? 0) < state.damages;
}
