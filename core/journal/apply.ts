import type { Json } from "../plugin/surroundings.ts";
import type { JournalRecord, KeptValues } from "./records.ts";
import { type DeviceState, type EntryState, emptyEntry, isDoubtful, type ServiceState, serviceState } from "./state.ts";

/** Identities of batches that are remembered per service; older ones are known by the result file they left. */
export const rememberedBatches = 1000;

/** An entry of the open batch; one of a batch that is not known is forgotten at once. */
function openEntry(service: ServiceState, entry: number): EntryState {
  const entries = service.open?.entries;
  const found = entries?.get(entry) ?? emptyEntry();
  entries?.set(entry, found);
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

function keep(state: DeviceState, owner: string, name: string, value: Json | undefined): void {
  const values = state.kept.get(owner) ?? new Map<string, Json>();
  state.kept.set(owner, values);
  if (value === undefined) values.delete(name);
  else values.set(name, value);
}

function keepAll(state: DeviceState, { owner, values }: KeptValues): void {
  for (const [name, value] of values) keep(state, owner, name, value);
}

function seeClock(state: DeviceState, at: string): void {
  const time = Date.parse(at);
  if (time > state.clockFloor) state.clockFloor = time;
}

/** What the device as a whole goes through. */
function applyToDevice(state: DeviceState, record: JournalRecord): void {
  switch (record.t) {
    case "boot":
      if (state.isRunning)
        for (const { open } of state.services.values()) if (open?.isWaiting === false) open.deaths += 1;
      state.boots += 1;
      state.boot = record.id;
      state.isRunning = true;
      seeClock(state, record.at);
      return;
    case "stopped":
      state.isRunning = false;
      seeClock(state, record.at);
      return;
    case "damaged":
      state.damages += 1;
      state.lastDamage = { at: record.at, reason: record.reason };
      for (const { open } of state.services.values()) if (open !== undefined) open.isDoubtful = true;
      return;
    case "clock":
      if (record.lower === true) state.clockFloor = Date.parse(record.at);
      else seeClock(state, record.at);
      return;
    case "queued":
      for (const item of record.items) state.outbox.set(item.id, item);
      return;
    case "uploaded":
      state.outbox.delete(record.id);
      return;
    case "dropped":
      for (const id of record.ids) if (state.outbox.delete(id)) state.dropped += 1;
      return;
    case "changed":
      keepAll(state, record.kept);
      return;
    case "kept":
      keep(state, record.owner, record.name, record.value);
  }
}

/** Takes one record into the state. The same records always give the same state. */
export function applyRecord(state: DeviceState, record: JournalRecord): void {
  switch (record.t) {
    case "known": {
      const service = serviceState(state, record.service);
      service.document = record.document;
      service.seenDamages = state.damages;
      return;
    }
    case "received": {
      const service = serviceState(state, record.service);
      const { batch, at: receivedAt, document, file, sha256, entries: count, fault } = record;
      const doubt = isDoubtful(state, record.service);
      service.document = document;
      service.removal = undefined;
      service.seenDamages = state.damages;
      service.open = {
        ...{ batch, receivedAt, document, file, sha256, count, fault },
        deaths: 0,
        isWaiting: false,
        isDoubtful: doubt,
        entries: new Map(),
      };
      remember(service, batch);
      seeClock(state, receivedAt);
      return;
    }
    case "waiting": {
      const { open } = serviceState(state, record.service);
      if (open !== undefined) open.isWaiting = record.isWaiting;
      return;
    }
    case "begun": {
      const entry = openEntry(serviceState(state, record.service), record.entry);
      entry.attempts = record.attempt;
      entry.effect = record.effect;
      entry.begunAt = record.at;
      entry.boot = record.boot;
      entry.restarting = undefined;
      seeClock(state, record.at);
      return;
    }
    case "spared": {
      const entries = serviceState(state, record.service).open?.entries;
      if (record.before === undefined) entries?.delete(record.entry);
      else entries?.set(record.entry, { ...record.before });
      return;
    }
    case "restarting":
      openEntry(serviceState(state, record.service), record.entry).restarting = { note: record.note };
      return;
    case "ended": {
      const entry = openEntry(serviceState(state, record.service), record.entry);
      // A result never changes once it is there, nor what came with it.
      if (entry.result !== undefined) return;
      entry.result = record.result;
      entry.restarting = undefined;
      if (record.kept !== undefined) keepAll(state, record.kept);
      return;
    }
    case "reported": {
      const service = serviceState(state, record.service);
      if (record.remove) service.removal = service.open?.document;
      service.open = undefined;
      for (const item of record.items) state.outbox.set(item.id, item);
      return;
    }
    case "gone": {
      const service = serviceState(state, record.service);
      service.document = undefined;
      service.seenDamages = state.damages;
      return;
    }
    case "removed":
      serviceState(state, record.service).removal = undefined;
      return;
    default:
      applyToDevice(state, record);
  }
}
