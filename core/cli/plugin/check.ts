import { resolve } from "node:path";
import { builtinBackends, builtinServices } from "../../host/builtins.ts";
import { importPlugin, needSound } from "../../host/import.ts";
import { nodeClock } from "../../ports/clock.ts";
import { createLog } from "../../ports/log.ts";
import { nodeModules } from "../../ports/modules.ts";
import { nodeFiles } from "../../ports/node-files.ts";
import { nodeRandom } from "../../ports/random.ts";
import type { PluginCheckOptions } from "../groups/plugin.ts";
import { readLogLine } from "../lines.ts";
import type { Terminal } from "../terminal.ts";
import { readConfig, takeEntry } from "./given.ts";
import { LostErrors } from "./lost.ts";
import { checkService } from "./service.ts";
import { checkStore } from "./store.ts";

/** What every check works with. */
export interface Checked {
  /** As the command line names it. */
  readonly use: string;
  readonly file: string;
}

/** `rustiq plugin check`. Exit 1 when the plugin does not keep its contract, 2 when it or its config cannot be used. */
export async function checkPlugin(path: string, options: PluginCheckOptions, terminal: Terminal): Promise<number> {
  const [clock, random] = [nodeClock(), nodeRandom()];
  const config = await readConfig(options.config, terminal);
  // What is right or wrong is told by the check; of the plugin's own words only faults.
  const log = createLog({ level: "error", secrets: [], write: (line) => terminal.tell(readLogLine(line, terminal)) });
  const use = await settleUse(path);
  const modules = nodeModules();
  const lost = new LostErrors();
  const imported = await importPlugin(use, "plugin", { modules, clock, folder: process.cwd() });
  const [plugin, checked] = [needSound(imported), { use, file: imported.file }];
  if (plugin.kind === "service")
    return checkService(plugin, checked, { config, lost, clock, random }, options, terminal);
  return checkStore(plugin, checked, takeEntry(config), options, { ports: { clock, random, log }, lost }, terminal);
}

/** A word of our own, a file or folder that is there, or else the name of a package. */
async function settleUse(path: string): Promise<string> {
  if (Object.hasOwn(builtinBackends, path) || Object.hasOwn(builtinServices, path)) return path;
  const [files, whole] = [nodeFiles(), resolve(path)];
  // What cannot be looked at is there: the loader says why it cannot be used.
  const isThere = async (look: Promise<unknown>) => (await look.catch(() => null)) !== undefined;
  if (path.startsWith(".") || (await isThere(files.size(whole))) || (await isThere(files.list(whole)))) return whole;
  return path;
}
