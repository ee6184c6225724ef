import type { Configuration, PluginEntry } from "../config/configuration.ts";
import { fault, RustiqError } from "../errors.ts";
import type { Plugin } from "../plugin/contract.ts";
import type { Newcomer } from "./blame.ts";
import { type Provided, providedByWord, settleNames, settleReplacements } from "./claims.ts";
import {
  type Draft,
  draft,
  draftAhead,
  fallbackName,
  type LoadParts,
  listWanted,
  tellBroken,
  waitFor,
} from "./draft.ts";
import { gatherFaults } from "./faults.ts";
import type { Given } from "./given.ts";
import type { Isolated } from "./isolate/isolated.ts";
import { parseConfig } from "./parse-config.ts";

/** A plugin that is ready to be started. */
export interface LoadedPlugin {
  /** The name in every message. */
  readonly name: string;
  readonly use: string;
  readonly file: string;
  readonly plugin: Plugin;
  /** Parsed by the plugin's own schema. */
  readonly config: unknown;
  readonly loadMs: number;
  /** As the configuration, or the program that gives it, has it. */
  readonly entry?: PluginEntry | undefined;
  /** The process that it has for itself. */
  readonly isolated?: Isolated | undefined;
  /** Whom what its module began belongs to, until the plugin is started. */
  readonly newcomer?: Newcomer | undefined;
}

/** A plugin that cannot be used, with everything that is wrong with it. */
export interface FailedPlugin {
  readonly name: string;
  readonly use: string;
  readonly faults: readonly RustiqError[];
  readonly entry?: PluginEntry | undefined;
  /** Where it was found, if it was. */
  readonly file?: string | undefined;
  /** What it would answer to, where no other plugin does; unknown of one that could not be read. */
  readonly provided?: Provided | undefined;
  readonly newcomer?: Newcomer | undefined;
}

/** A plugin that is not used because another entry has its place. */
export interface ReplacedPlugin {
  readonly name: string;
  readonly use: string;
  readonly entry?: PluginEntry | undefined;
  readonly provided?: Provided | undefined;
  /** The `use` of the entry in its place. */
  readonly by: string;
  readonly newcomer?: Newcomer | undefined;
}

export interface Loading {
  readonly loaded: readonly LoadedPlugin[];
  readonly failed: readonly FailedPlugin[];
  readonly replaced: readonly ReplacedPlugin[];
}

/** The service name under which a failed plugin answers with its reason. */
export function answersAs({ name, provided }: FailedPlugin): string {
  return provided?.kind === "service" ? provided.name : name;
}

/** The options as the plugin's own schema reads them; what is wrong is added to the faults. */
function readConfig(draft: Draft): unknown {
  const { plugin, entry, faults, place, use } = draft;
  if (plugin === undefined) return undefined;
  try {
    const parsed = parseConfig(entry?.config ?? {}, plugin);
    if ("value" in parsed) return parsed.value;
    const told = fault("plugin-config", { place, use, reason: parsed.reason });
    if (!draft.isGiven) faults.push(told);
    else faults.push(new RustiqError(told.code, `${place} ${use}: config: ${parsed.reason}`, { hint: told.hint }));
  } catch (thrown) {
    faults.push(tellBroken(draft, thrown));
  }
  return undefined;
}

/** Loads and checks every plugin of the configuration, and no other; what is wrong is told of all of them together. */
export async function loadPlugins(
  configuration: Configuration,
  given: readonly Given[],
  parts: LoadParts,
): Promise<Loading> {
  const wanted = [...listWanted(configuration, given, parts)];
  const replacing = new Set(configuration.plugins.map(({ replaces }) => replaces));
  const ahead = draftAhead(
    wanted.filter((one) => one.entry?.isolate === "process" && waitFor(one, replacing) === undefined),
    parts.clock,
  );
  const drafts: Draft[] = [];
  for (const one of wanted) {
    drafts.push(waitFor(one, replacing) ?? (await (ahead.get(one) ?? draft(one, parts.clock))));
  }
  const replaced = settleReplacements(drafts);
  for (const [index, one] of wanted.entries()) {
    const now = drafts[index];
    if (now?.isWaiting === true && !replaced.has(now)) drafts[index] = await draft(one, parts.clock);
  }
  const kept = drafts.filter((one) => !replaced.has(one));
  settleNames(kept);
  return sort(new Map(kept.map((one) => [one, readConfig(one)])), replaced);
}

/** A plugin that could not be read holds the name all the same that its entry takes from another. */
function heldBy({ entry, provided }: Draft, gaveUp: readonly Draft[]): Provided | undefined {
  const name = entry?.replaces;
  if (provided !== undefined || name === undefined) return provided;
  const kind = gaveUp.find((one) => one.provided !== undefined)?.provided?.kind ?? providedByWord(name)?.kind;
  return kind === undefined ? undefined : { kind, name };
}

/** What can be started and what cannot; `kept` holds each with its options. */
function sort(kept: ReadonlyMap<Draft, unknown>, replaced: ReadonlyMap<Draft, Draft>): Loading {
  const loaded: LoadedPlugin[] = [];
  const failed: FailedPlugin[] = [];
  const right = [...kept.keys()].filter(({ faults }) => faults.length === 0);
  const held = new Set(right.map(({ provided }) => `${provided?.kind} ${provided?.name}`));
  for (const [one, config] of kept) {
    const { use, entry, file, plugin, faults, loadMs, isolated, newcomer } = one;
    const gaveUp = [...replaced].flatMap(([other, by]) => (by === one ? [other] : []));
    const provided = heldBy(one, gaveUp);
    if (faults.length === 0 && plugin !== undefined && file !== undefined) {
      const own = entry?.name ?? provided?.name ?? use;
      loaded.push({ name: own, use, file, plugin, config, loadMs, entry, isolated, newcomer });
      continue;
    }
    // It is not started; its process is not wanted.
    isolated?.end();
    const isFree = provided !== undefined && !held.has(`${provided.kind} ${provided.name}`);
    const name = entry?.name ?? (isFree ? provided.name : fallbackName(use));
    failed.push({ name, use, faults, entry, file, provided: isFree ? provided : undefined, newcomer });
  }
  for (const { isolated } of replaced.keys()) isolated?.end();
  const gone = [...replaced].map(([{ use, entry, provided, newcomer }, { use: by }]) => {
    return { name: entry?.name ?? provided?.name ?? fallbackName(use), use, entry, provided, by, newcomer };
  });
  return { loaded, failed, replaced: gone };
}

/** What to do when the device did not start for a plugin. */
export const abortCure =
  'Mend what is named, or say "on_failure": "continue" for a plugin that the device can do without; it has not started.';

/** Throws everything that is wrong with all plugins when one cannot be loaded without which the device is not to start. */
export function refuseVitalFaults({ failed }: Loading): void {
  const isVital = ({ entry }: FailedPlugin) => entry?.onFailure === "abort";
  if (!failed.some(isVital)) return;
  const ordered = [...failed.filter(isVital), ...failed.filter((one) => !isVital(one))];
  const faults = ordered.flatMap((one) => one.faults);
  throw gatherFaults(faults, abortCure) ?? new Error("a plugin failed without a fault");
}
