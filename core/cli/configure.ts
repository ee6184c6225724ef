import type { Configuration } from "../config/configuration.ts";
import { loadFromProcess } from "../config/load.ts";
import { collectSecrets } from "../config/mask.ts";
import type { Log } from "../plugin/surroundings.ts";
import { createLog } from "../ports/log.ts";
import { keepPluginsFromEnding } from "./exits.ts";
import type { ConfigOption } from "./groups/options.ts";
import { readLogLine } from "./lines.ts";
import type { Terminal } from "./terminal.ts";

/** The configuration that a command works with; from here on the terminal masks its secrets. */
export async function configure(options: ConfigOption, terminal: Terminal): Promise<Configuration> {
  keepPluginsFromEnding();
  const configuration = await loadFromProcess({ file: options.config });
  terminal.hide(collectSecrets(configuration));
  terminal.showsStacks = configuration.log.level === "debug";
  return configuration;
}

/** Where the log of a command that ends by itself goes: readable lines, only what went wrong unless more was asked for. */
export function quietLog(configuration: Configuration, terminal: Terminal): Log {
  const write = (line: string) => terminal.tell(readLogLine(line, terminal));
  return createLog({ level: quietLevel(configuration), secrets: [], write });
}

/** "info" is for a device's life; a single command tells its result instead. */
export function quietLevel({ log }: Configuration): Configuration["log"]["level"] {
  return log.level === "info" ? "warn" : log.level;
}
