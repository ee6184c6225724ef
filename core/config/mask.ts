import { createMask, type Mask } from "../mask.ts";
import type { Application, Json } from "../plugin/surroundings.ts";
import type { Configuration } from "./configuration.ts";
import { spellPlugins } from "./plugins.ts";
import { spellSnake } from "./schema.ts";
import { maskValue } from "./secrets.ts";

/** The whole configuration as the file would spell it, every secret as `***`; members that are not set are left out. */
export function showConfiguration(configuration: Configuration): Json {
  return maskValue(spellConfiguration(configuration), () => undefined) as Json;
}

/**
 * Values that must never be printed, longest first, so that one inside another is masked whole. Shorter than four characters
 * they are masked by name only: as texts they would blacken ordinary words.
 */
export function collectSecrets(configuration: Configuration): string[] {
  const secrets = new Set<string>();
  const { plugins, given = [] } = configuration;
  const whole = { ...configuration, plugins: [...plugins, ...given] };
  maskValue(spellConfiguration(whole), (secret) => secrets.add(secret));
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** Masks every secret of the configuration in a text that leaves the device: a report, a heartbeat, an answer of the API. */
export function maskSecrets(configuration: Configuration): Mask {
  return createMask(collectSecrets(configuration));
}

function spellConfiguration(configuration: Configuration): unknown {
  const { stores, plugins, applications, poll, limits } = configuration;
  const spelled = {
    device_id: configuration.deviceId,
    state_dir: configuration.stateDir,
    stores: stores.map(({ name, backend, prefix, options, requestsAtOnce: requests_at_once }) => ({
      store_name: name,
      backend,
      prefix,
      requests_at_once,
      ...options,
    })),
    plugins: spellPlugins(plugins),
    applications: applications.map(spellApplication),
    poll: { interval_ms: poll.intervalMs, jitter: poll.jitter },
    incoming: configuration.incoming,
    http: configuration.http,
    allowed_hosts: configuration.allowedHosts,
    heartbeat_ms: configuration.heartbeatMs,
    limits: Object.fromEntries(Object.entries(limits).map(([name, limit]) => [spellSnake(name), limit])),
    log: configuration.log,
  };
  // Through JSON once: members that are undefined go, and what is left is plain.
  return JSON.parse(JSON.stringify(spelled));
}

function spellApplication(application: Application): unknown {
  return {
    application_id: application.applicationId,
    service_name: application.serviceName,
    service_port: application.servicePort,
    application_description: application.description,
    additional_properties: application.properties,
    start_command: application.startCommand,
    working_folder: application.workingFolder,
    autostart: application.autostart,
  };
}
