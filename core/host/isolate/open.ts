import { type Configuration, defaultMemoryBytes, type PluginEntry } from "../../config/configuration.ts";
import { maskSecrets } from "../../config/mask.ts";
import { fault } from "../../errors.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import { startLimitMs } from "../backends.ts";
import { checkExport } from "../check.ts";
import { boundLog } from "../flood.ts";
import { type ImportedPlugin, importLimitMs } from "../import.ts";
import { stopLimitMs } from "../scope.ts";
import { Isolated } from "./isolated.ts";
import type { IsolationPorts } from "./parts.ts";

/** Lets a process of its own load the plugin of an entry. Throws everything that is wrong with the plugin. */
export async function openIsolated(
  entry: PluginEntry,
  place: string,
  configuration: Configuration,
  parts: { readonly clock: Clock } & Partial<IsolationPorts>,
): Promise<ImportedPlugin> {
  const { use, config, memoryBytes = defaultMemoryBytes, userId } = entry;
  const { guests, random, log, clock } = parts;
  if (guests === undefined || random === undefined || log === undefined) {
    const reason = "this program starts no processes for plugins";
    throw fault("plugin-isolate", { place, use, file: use, reason });
  }
  const { folder, stateDir, limits } = configuration;
  const name = entry.name ?? use;
  const mask = maskSecrets(configuration);
  const bounded = boundLog(log.child({ plugin: name }), { name, clock, mask });
  const isolated = await Isolated.open({
    ...{ guests, random, clock, folder, stateDir, memoryBytes, userId, importLimitMs, startLimitMs, stopLimitMs },
    log: bounded.log,
    closeLog: bounded.close,
    mask,
    entry: { use, place, config },
    resultBytes: limits.resultBytes,
  }).catch((thrown: unknown) => {
    bounded.close();
    throw thrown;
  });
  // What the process says of the plugin is looked at like any other definition.
  const checked = checkExport(isolated.plugin);
  if ("kind" in checked) return { file: isolated.file, plugin: isolated.plugin, faults: [], isolated };
  isolated.end();
  const reason = checked.map((problem) => ("reason" in problem ? problem.reason : problem.code)).join("; ");
  throw fault("plugin-contract", { place, use, file: isolated.file, reason });
}
