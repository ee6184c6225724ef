/** The embedding entry: `import { createRuntime } from "rustiq"`. */

import type { Configuration } from "./config/configuration.ts";
import { loadFromProcess } from "./config/load.ts";
import { nodePorts } from "./node.ts";
import type { Plugin } from "./plugin/contract.ts";
import { type Ports, Runtime } from "./runtime.ts";

export type { Report, ReportEntry } from "./command/report.ts";
export type { Configuration } from "./config/configuration.ts";
export { loadConfiguration } from "./config/load.ts";
export { ERRORS, RustiqError } from "./errors.ts";
export type { EventMap, Events } from "./events.ts";
export type { BootTree, Ports, Runtime } from "./runtime.ts";

/**
 * Makes a device that is not started yet. Without a configuration it is read as the command line reads it: `rustiq.json` in the
 * working folder, then the environment. `plugins` are added to those of the configuration; `ports` replace single doors to the
 * outside. Throws the faults of the configuration.
 */
export async function createRuntime(
  configuration?: Configuration,
  options: { readonly plugins?: readonly Plugin[]; readonly ports?: Partial<Ports> } = {},
): Promise<Runtime> {
  const complete = configuration ?? (await loadFromProcess({}));
  return new Runtime(complete, { ...nodePorts(complete), ...options.ports }, options.plugins ?? []);
}
