import type { Store, Stores } from "../plugin/surroundings.ts";

/** The store that command documents come from. */
export const incomingStore = "incoming";

/** The store that reports and what a device tells of itself go to. */
export const statusStore = "status";

/** A store that a configuration may do without. */
export function findStore(stores: Stores, name: string): Store | undefined {
  return stores.all().find((store) => store.name === name);
}

/** Where the runtime itself writes: no upload of a plugin may stand in for a report. */
export function isRuntimeKey(key: string): boolean {
  return key.startsWith("device/") || /^[^/]+\/(results\/|last_monitoring_status\.json$)/.test(key);
}
