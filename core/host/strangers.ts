import type { Configuration, PluginEntry } from "../config/configuration.ts";
import type { Log } from "../plugin/surroundings.ts";
import { type Culprit, enterPlugin } from "./blame.ts";
import { builtinBackends, builtinServices } from "./builtins.ts";
import { guardGlobals } from "./globals.ts";

/** What a plugin that comes with the runtime has in the place of its file. */
export function builtinFile(use: string): string {
  return `built-in ${use}`;
}

/** Whether a plugin comes with the runtime, by its `file`. */
export function isBuiltin({ file }: { readonly file: string }): boolean {
  return file.startsWith(builtinFile(""));
}

/** Whether code of plugins that are not built in will run in this process. `given` are those that a program hands over. */
export function hasStrangers({ plugins, stores }: Configuration, given: readonly unknown[]): boolean {
  const words = { ...builtinServices, ...builtinBackends };
  const isStranger = ({ use, isolate }: PluginEntry) => isolate !== "process" && !Object.hasOwn(words, use);
  if (given.length > 0 || plugins.some(isStranger)) return true;
  return stores.some(({ backend }) => !Object.hasOwn(builtinBackends, backend));
}

/**
 * Runs the import or the start of a plugin that is not built in: as its code, and with an eye on the globals that it shares with
 * everybody. Throws "plugin-globals".
 */
export function admitStranger<T>(
  culprit: Culprit,
  log: Log | undefined,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const hint = "Another may add the same name with another meaning: import a function instead.";
  const warn = (message: string) => log?.warn(message, { plugin: culprit.name, hint });
  return guardGlobals(culprit.name, signal, warn, () => enterPlugin(culprit, work));
}
