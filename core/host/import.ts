import { fault, RustiqError, reasonOf } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Plugin } from "../plugin/contract.ts";
import type { Clock, Log } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import type { Modules } from "../ports/modules.ts";
import { type Culprit, Newcomer } from "./blame.ts";
import { builtinBackends, builtinServices } from "./builtins.ts";
import { checkExport } from "./check.ts";
import { gatherFaults } from "./faults.ts";
import type { Isolated } from "./isolate/isolated.ts";
import { own } from "./services.ts";
import { admitStranger, builtinFile } from "./strangers.ts";

/** Milliseconds that a plugin's module may take to load. */
export const importLimitMs = 10_000;

/** What a module that is a plugin of this api exports. */
export interface ImportedPlugin {
  readonly file: string;
  readonly plugin: Plugin;
  /** What is wrong with the definition. It must not be started then, but its names can be told. */
  readonly faults: readonly RustiqError[];
  /** The process that it has for itself. */
  readonly isolated?: Isolated | undefined;
}

/** The plugin that `use` names, wherever it comes from. Throws what keeps it from being one at all. `culprit` answers for what its module does. */
export async function importPlugin(
  use: string,
  place: string,
  parts: {
    readonly modules: Modules;
    readonly clock: Clock;
    readonly folder: string;
    readonly log?: Log | undefined;
    readonly culprit?: Culprit | undefined;
  },
): Promise<ImportedPlugin> {
  const builtin = own(builtinServices, use) ?? own(builtinBackends, use);
  let file = builtinFile(use);
  let load: (signal: AbortSignal) => Promise<unknown>;
  if (builtin !== undefined) load = builtin;
  else {
    try {
      const located = parts.modules.locate(use, parts.folder);
      file = located.file;
      const culprit = parts.culprit ?? new Newcomer(use);
      load = (signal) => admitStranger(culprit, parts.log, signal, () => located.import());
    } catch (thrown) {
      throw unresolved(use, place, reasonOf(thrown));
    }
  }
  let module: unknown;
  try {
    const onLimit = () => new Error(`it takes longer than ${importLimitMs} ms to load`);
    module = await withinLimit(parts.clock, importLimitMs, undefined, onLimit, load);
  } catch (thrown) {
    if (thrown instanceof RustiqError && thrown.code === "plugin-globals") {
      throw new RustiqError(thrown.code, `${place} ${use}: ${file}: ${thrown.message}`, thrown);
    }
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && reasonOf(thrown).includes(`'${use}'`);
    if (isMissing) throw unresolved(use, place, `no package of that name is installed there`);
    throw fault("plugin-import", { place, use, file, reason: reasonOf(thrown) }, { cause: thrown });
  }
  return readPlugin((module as { default?: unknown }).default, { place, use, file });
}

/** The plugin, if nothing is wrong with it; throws everything that is. */
export function needSound({ plugin, faults }: ImportedPlugin): Plugin {
  const found = gatherFaults(faults, "Correct the definition; all of it was looked at.");
  if (found !== undefined) throw found;
  return plugin;
}

/** The plugin that a default export is. Throws where it is none of this api. */
export function readPlugin(
  value: unknown,
  at: { readonly place: string; readonly use: string; readonly file: string },
): ImportedPlugin {
  const { file } = at;
  const checked = checkExport(value);
  if ("kind" in checked) return { file, plugin: checked, faults: [] };
  const faults: RustiqError[] = [];
  for (const problem of checked) {
    if (problem.code === "plugin-export") throw fault(problem.code, { ...at, ...problem });
    if (problem.code === "plugin-api") throw fault(problem.code, { ...at, ...problem });
    if (problem.code === "plugin-zod") faults.push(fault(problem.code, { ...at, ...problem }));
  }
  const reasons = checked.flatMap((one) => (one.code === "plugin-contract" ? [one.reason] : []));
  if (reasons.length > 0) faults.push(fault("plugin-contract", { ...at, reason: reasons.join("; ") }));
  // It has the brand and the api; what else it lacks is told by the faults.
  return { file, plugin: value as Plugin, faults };
}

function unresolved(use: string, place: string, reason: string): RustiqError {
  const hint = didYouMean(use, [...Object.keys(builtinServices), ...Object.keys(builtinBackends)]);
  return fault("plugin-unresolved", { place, use, reason }, { hint });
}
