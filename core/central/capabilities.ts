import type { Store } from "../plugin/surroundings.ts";
import { readJsonObject, unreadable } from "./object.ts";

/** Where a device says what it can do, in the store `status` (SPEC 4). */
const capabilitiesKey = "device/capabilities.json";
const largestCapabilities = 4 * 1024 * 1024;

/** What a device has said of itself, as far as a sender needs it. */
export interface Offer {
  readonly deviceId: string;
  /** Names of its services, those that failed too: they answer with the reason. */
  readonly services: readonly string[];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What lies in `status`; undefined when no device ever said anything. Throws `StoreError`, "object-unreadable". */
export async function readOffer(status: Store, signal: AbortSignal): Promise<Offer | undefined> {
  const found = await readJsonObject(status, capabilitiesKey, largestCapabilities, signal);
  if (found === undefined) return undefined;
  const { device_id: deviceId, services } = isRecord(found) ? found : {};
  if (typeof deviceId !== "string" || !Array.isArray(services)) {
    throw unreadable(status, capabilitiesKey, "it is not of the shape of capabilities");
  }
  const names = services.map((service: unknown) => (isRecord(service) ? service["service"] : undefined));
  return { deviceId, services: names.filter((name) => typeof name === "string") };
}
