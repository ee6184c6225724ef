import { join } from "node:path";
import type { StoreEntry } from "../config/configuration.ts";
import { maskValue } from "../config/secrets.ts";
import { sha256Of } from "../digest.ts";
import { type CapabilityName, noCapabilities } from "../plugin/driver.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";
import type { Unproven } from "../store/known.ts";

/** Milliseconds for which findings are believed: a server may be another version a month later. */
const believedMs = 30 * 24 * 3600 * 1000;
const mostBytes = 64 * 1024;

/** What was found out of one place by trying. */
export interface Findings {
  readonly found: Unproven;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The place that an entry names, whoever comes there: another server or bucket is another place, a new key is not. */
function identify({ backend, prefix, options }: StoreEntry): string {
  return sha256Of(JSON.stringify([backend, prefix, maskValue(options, () => undefined)]));
}

function placeFile(stateDir: string, { name }: StoreEntry): string {
  return join(stateDir, "stores", `${sha256Of(name).slice(0, 16)}.json`);
}

/** What was found of this place not too long before `now`; undefined when that is nothing. */
export async function readFindings(
  files: Files,
  stateDir: string,
  entry: StoreEntry,
  now: number,
): Promise<Findings | undefined> {
  // Whatever cannot be read is tried again.
  const text = await readWhole(files, placeFile(stateDir, entry), mostBytes).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { format, place, at, found }: Readonly<Record<string, unknown>> = JSON.parse(Buffer.from(text).toString());
    if (format !== 1 || place !== identify(entry) || typeof at !== "number" || Math.abs(now - at) > believedMs) return;
    return { at, found: parseFound(found) };
  } catch {
    return undefined;
  }
}

function parseFound(value: unknown): Unproven {
  const found: Unproven = {};
  for (const name of Object.keys(noCapabilities) as CapabilityName[]) {
    const one: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
    if (typeof one === "boolean") found[name] = one;
  }
  return found;
}

/** Durable when it resolves. */
export async function writeFindings(
  files: Files,
  stateDir: string,
  entry: StoreEntry,
  { found, at }: Findings,
): Promise<void> {
  const text = JSON.stringify({ format: 1, store: entry.name, place: identify(entry), at, found });
  await writeWhole(files, placeFile(stateDir, entry), Buffer.from(text));
}
