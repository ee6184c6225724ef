import { resolve, sep } from "node:path";
import { readApplication } from "./applications.ts";
import type { Configuration, StoreEntry } from "./configuration.ts";
import type { Variables } from "./environment.ts";
import { listPlugins } from "./plugins.ts";
import { completeLimits, type FileSettings } from "./schema.ts";

/** What is left to do when nothing is wrong: the environment over the file, the defaults below, paths absolute. */
export function completeConfiguration(parts: {
  readonly settings: FileSettings;
  readonly variables: Variables;
  readonly stores: readonly StoreEntry[];
  readonly folder: string;
  readonly hostname: string;
}): Omit<Configuration, "warnings"> {
  const { settings, variables, stores, folder, hostname } = parts;
  return {
    deviceId: variables.deviceId ?? settings.device_id ?? makeDeviceId(hostname),
    stateDir: resolve(folder, variables.stateDir ?? settings.state_dir ?? "state"),
    folder,
    stores,
    plugins: listPlugins(settings.plugins),
    applications: (settings.applications ?? []).map((definition) => readApplication(definition, folder)),
    poll: { intervalMs: settings.poll?.interval_ms ?? 60_000, jitter: settings.poll?.jitter ?? 0.2 },
    incoming: { after: settings.incoming?.after ?? "keep" },
    http: settings.http === undefined ? undefined : { port: settings.http.port ?? 8015 },
    // Hosts are compared with those of parsed URLs, which are lower case.
    allowedHosts: (settings.allowed_hosts ?? []).map((host) => host.toLowerCase()),
    heartbeatMs: settings.heartbeat_ms ?? 300_000,
    limits: completeLimits(settings.limits),
    log: { level: variables.logLevel ?? settings.log?.level ?? "info" },
  };
}

/** The host's name as a device id: foreign characters become hyphens. */
function makeDeviceId(hostname: string): string {
  const legal = hostname
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 128);
  return legal === "" ? "device" : legal;
}

/** What works but was hardly meant. */
export function findOddities({ stores, stateDir }: Omit<Configuration, "warnings">): string[] {
  const oddities: string[] = [];
  const names = stores.map(({ name }) => name);
  if (!names.includes("incoming")) oddities.push('no store is named "incoming": no commands come in');
  if (!names.includes("status")) oddities.push('no store is named "status": no reports go out');
  for (const { name, backend, options } of stores) {
    const path = options["path"];
    if (backend !== "fs" || typeof path !== "string") continue;
    const isInside = stateDir === path || stateDir.startsWith(path.endsWith(sep) ? path : path + sep);
    if (isInside)
      oddities.push(`state_dir ${stateDir} lies inside the folder of store ${name}, where others can change it`);
  }
  return oddities;
}
