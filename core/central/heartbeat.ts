import type { Json, Store } from "../plugin/surroundings.ts";
import { readJsonObject, unreadable } from "./object.ts";

/** Where a device says that it lives, in the store `status` (SPEC 4). */
const heartbeatKey = "device/heartbeat.json";
const largestHeartbeat = 1024 * 1024;

/** A device's last sign of life. */
export interface Heartbeat {
  readonly device_id: string;
  readonly runtime_version: string;
  /** ISO 8601. */
  readonly time: string;
  /** What each service is doing: `running`, or why it is not. */
  readonly plugins: Readonly<Record<string, string>>;
  readonly outbox: { readonly depth: number; readonly bytes: number };
  /** What each store was asked for since the start; absent in those of older devices. */
  readonly stores?: Readonly<Record<string, Json>>;
  /** The processes of isolated plugins, by service. */
  readonly processes?: Readonly<Record<string, GuestProcess>>;
  /** How the device's last start went. */
  readonly boot?: {
    readonly stores: readonly { readonly name: string; readonly open_ms: number; readonly failed: boolean }[];
    readonly services: readonly BootedService[];
  };
}

interface GuestProcess {
  readonly pid: number | null;
  readonly restarts: number;
  readonly last_crash?: string;
}

interface BootedService {
  readonly name: string;
  readonly load_ms: number;
  readonly start_ms: number;
  readonly failed: boolean;
}

function isRecord(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTree(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => isRecord(row) && typeof row["name"] === "string");
}

function isHeartbeat(value: unknown): value is Heartbeat {
  if (!isRecord(value)) return false;
  const isTimed = typeof value["time"] === "string" && !Number.isNaN(Date.parse(value["time"]));
  const { boot } = value;
  const isBooted = boot === undefined || (isRecord(boot) && isTree(boot["stores"]) && isTree(boot["services"]));
  const { processes = {} } = value;
  if (!isRecord(processes) || !Object.values(processes).every(isRecord)) return false;
  return isTimed && isRecord(value["plugins"]) && isRecord(value["outbox"]) && isBooted;
}

/** The heartbeat that lies in `status`; undefined when no device ever wrote one. Throws `StoreError`, "object-unreadable". */
export async function readHeartbeat(status: Store, signal: AbortSignal): Promise<Heartbeat | undefined> {
  const found = await readJsonObject(status, heartbeatKey, largestHeartbeat, signal);
  if (found === undefined || isHeartbeat(found)) return found;
  throw unreadable(status, heartbeatKey, "it is not of the shape of a heartbeat");
}
