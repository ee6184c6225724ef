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
}

function isRecord(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHeartbeat(value: unknown): value is Heartbeat {
  if (!isRecord(value)) return false;
  const isTimed = typeof value["time"] === "string" && !Number.isNaN(Date.parse(value["time"]));
  return isTimed && isRecord(value["plugins"]) && isRecord(value["outbox"]);
}

/** The heartbeat that lies in `status`; undefined when no device ever wrote one. Throws `StoreError`, "object-unreadable". */
export async function readHeartbeat(status: Store, signal: AbortSignal): Promise<Heartbeat | undefined> {
  const found = await readJsonObject(status, heartbeatKey, largestHeartbeat, signal);
  if (found === undefined || isHeartbeat(found)) return found;
  throw unreadable(status, heartbeatKey, "it is not of the shape of a heartbeat");
}
