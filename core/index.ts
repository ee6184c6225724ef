/**
 * The embedding entry: `import { createRuntime } from "rustiq"`.
 *
 * @module rustiq
 */

import type { Configuration } from "./config/configuration.ts";
import { type LoadOptions, loadFromProcess } from "./config/load.ts";
import { RustiqError } from "./errors.ts";
import { type GivenPlugin, readGiven, spellGiven } from "./host/given.ts";
import { nodePorts } from "./node.ts";
import type { Plugin } from "./plugin/contract.ts";
import { type Ports, Runtime } from "./runtime.ts";

export type { Report, ReportEntry } from "./command/report.ts";
export type { Configuration, Limits, PluginEntry, StoreEntry } from "./config/configuration.ts";
export type { LoadOptions } from "./config/load.ts";
export type { FaultSpan } from "./errors.ts";
export { ERRORS, RustiqError } from "./errors.ts";
export type { EventMap, Events } from "./events.ts";
export type { GivenPlugin } from "./host/given.ts";
export type { StartedService } from "./host/lifecycle.ts";
export type { EntryFault } from "./journal/records.ts";
export type { Plugin } from "./plugin/contract.ts";
export type { Outcome } from "./plugin/surroundings.ts";
export type { BootTree, Ports, Round, Runtime } from "./runtime.ts";

/** Where a configuration comes from; what is left out is this process's own. */
export type ConfigurationSource = { readonly [Name in keyof LoadOptions]?: LoadOptions[Name] | undefined };

/**
 * Reads the configuration as the command line does: `file`, else `rustiq.json` in the working folder if it is there, with the
 * environment on top. Nothing is written. Throws "config-unreadable", and one "config-invalid" with every fault.
 */
export function loadConfiguration(source: ConfigurationSource = {}): Promise<Configuration> {
  return loadFromProcess(source);
}

/** What `loadConfiguration` answers has these; an object as `rustiq.json` holds it is the mistake that is near. */
function checkConfiguration(given: unknown): void {
  const members = typeof given === "object" && given !== null ? given : {};
  const missing = ["deviceId", "stateDir", "stores", "plugins", "limits"].filter((name) => !(name in members));
  if (missing.length === 0) return;
  const found =
    given === null ? "null" : `${typeof given === "object" ? "an object" : `a ${typeof given}`} without ${missing[0]}`;
  throw new RustiqError("config-invalid", `createRuntime was given ${found}; expected a Configuration or undefined`, {
    hint: "Give what `await loadConfiguration({ file })` answers; members of the file have other names than those of it.",
  });
}

/**
 * Makes a device that is not started yet. Without a configuration it is read as the command line reads it: `rustiq.json` in the
 * working folder, then the environment. `plugins` are added to those of the configuration, each bare or with what an
 * entry may say; `ports` replace single doors to the outside. Throws the faults of the configuration, and "config-invalid" for
 * something that is none.
 */
export async function createRuntime(
  configuration?: Configuration,
  options: { readonly plugins?: readonly (Plugin | GivenPlugin)[]; readonly ports?: Partial<Ports> } = {},
): Promise<Runtime> {
  if (configuration !== undefined) checkConfiguration(configuration);
  const complete = configuration ?? (await loadFromProcess({}));
  const plugins = readGiven(options.plugins ?? []);
  const known = { ...complete, given: spellGiven(plugins) };
  return new Runtime(known, { ...nodePorts(known), ...options.ports }, plugins);
}
