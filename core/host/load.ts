import { basename, dirname } from "node:path";
import type { Configuration, PluginEntry } from "../config/configuration.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { Plugin } from "../plugin/contract.ts";
import { isForeign, isSchema } from "../plugin/foreign.ts";
import type { Clock } from "../plugin/surroundings.ts";
import type { Modules } from "../ports/modules.ts";
import { isLegalName } from "./check.ts";
import { type Claimant, type Provided, providedByWord, settleNames, settleReplacements } from "./claims.ts";
import { gatherFaults } from "./faults.ts";
import { type ImportedPlugin, importPlugin, readPlugin } from "./import.ts";

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
  /** As the configuration has it; undefined for a plugin that the program gives. */
  readonly entry?: PluginEntry | undefined;
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
}

/** A plugin that is not used because another entry has its place. */
export interface ReplacedPlugin {
  readonly name: string;
  readonly use: string;
  readonly entry?: PluginEntry | undefined;
  readonly provided?: Provided | undefined;
  /** The `use` of the entry in its place. */
  readonly by: string;
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

/** An entry, or a plugin of the program, before it is looked at. */
interface Wanted {
  readonly place: string;
  readonly use: string;
  readonly entry: PluginEntry | undefined;
  readonly find: () => Promise<ImportedPlugin>;
}

/** The same with what was found of it. */
interface Draft extends Claimant {
  readonly file?: string;
  readonly plugin?: Plugin;
  readonly loadMs: number;
  /** A built-in word that need not be loaded when another entry takes its place. */
  readonly isWaiting?: boolean;
}

const fromProgram = "given by the program";

function* listWanted(
  { plugins, folder }: Configuration,
  given: readonly Plugin[],
  parts: { readonly modules: Modules; readonly clock: Clock },
): Generator<Wanted> {
  for (const [index, entry] of plugins.entries()) {
    const [place, { use }] = [`plugins[${index}]`, entry];
    yield { place, use, entry, find: () => importPlugin(use, place, { ...parts, folder }) };
  }
  for (const [at, value] of given.entries()) {
    const place = `plugins[${plugins.length + at}]`;
    const use = String((value.kind === "store" ? value.backend : value.service) ?? fromProgram);
    yield { place, use, entry: undefined, find: async () => readPlugin(value, { place, use, file: fromProgram }) };
  }
}

/** Loads one, and finds everything that is wrong with it alone. */
async function draft(wanted: Wanted, clock: Clock): Promise<Draft> {
  const { place, use, entry } = wanted;
  const started = clock.elapsed();
  const common = { place, use, entry, fallbacks: listFallbacks(wanted) };
  try {
    const { file, plugin, faults } = await wanted.find();
    const names = { provided: providedBy(plugin), bare: listBare(plugin) };
    return { ...common, file, plugin, ...names, faults: [...faults], loadMs: clock.elapsed() - started };
  } catch (thrown) {
    const faults = [tellBroken(wanted, thrown)];
    return { ...common, provided: undefined, bare: [], faults, loadMs: clock.elapsed() - started };
  }
}

/** A definition may do anything when it is read; it never takes the others down. */
function tellBroken({ place, use }: Pick<Wanted, "place" | "use">, thrown: unknown): RustiqError {
  if (thrown instanceof RustiqError) return thrown;
  return fault("plugin-contract", { place, use, file: use, reason: reasonOf(thrown) }, { cause: thrown });
}

function providedBy(plugin: Plugin): Provided | undefined {
  const name: unknown = plugin.kind === "service" ? plugin.service : plugin.backend;
  return isLegalName(name, plugin.kind) ? { kind: plugin.kind, name } : undefined;
}

function listBare(plugin: Plugin): string[] {
  if (plugin.kind !== "service" || typeof plugin.commands !== "object") return [];
  return Object.entries(plugin.commands ?? {}).flatMap(([name, command]) => (command?.bare === true ? [name] : []));
}

/** The options as the plugin's own schema reads them; what is wrong is added to the faults. */
function readConfig(draft: Draft): unknown {
  const { plugin, entry, faults, place, use } = draft;
  if (plugin === undefined) return undefined;
  try {
    const parsed = parseConfig(entry?.config ?? {}, plugin);
    if ("value" in parsed) return parsed.value;
    faults.push(fault("plugin-config", { place, use, reason: parsed.reason }));
  } catch (thrown) {
    faults.push(tellBroken(draft, thrown));
  }
  return undefined;
}

function parseConfig(given: object, plugin: Plugin): { value: unknown } | { reason: string } {
  // A backend's schema is for the store entries that name it.
  if (plugin.kind === "store" || plugin.config === undefined) {
    if (Object.keys(given).length === 0) return { value: given };
    const isStore = plugin.kind === "store";
    return { reason: isStore ? "options of a store stand in the store's own entry" : "this plugin takes no options" };
  }
  // That it is no schema of ours has been told.
  if (!isSchema(plugin.config) || isForeign(plugin.config)) return { value: given };
  const parsed = plugin.config.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return { reason: reasons.join("; ") };
}

/** Words of built-in services and paths give a name even to a plugin that could not be read. */
function fallbackName(use: string): string {
  const name = basename(use).replace(/\.[^.]*$/, "");
  return (name === "index" ? basename(dirname(use)) : name) || use;
}

function listFallbacks({ use, entry }: Wanted): string[] {
  return [...(entry?.name === undefined ? [] : [entry.name]), fallbackName(use)];
}

/** Loads and checks every plugin of the configuration, and no other; what is wrong is told of all of them together. */
export async function loadPlugins(
  configuration: Configuration,
  given: readonly Plugin[],
  parts: { readonly modules: Modules; readonly clock: Clock },
): Promise<Loading> {
  const wanted = [...listWanted(configuration, given, parts)];
  const replacing = new Set(configuration.plugins.map(({ replaces }) => replaces));
  const drafts: Draft[] = [];
  for (const one of wanted) drafts.push(waitFor(one, replacing) ?? (await draft(one, parts.clock)));
  const replaced = settleReplacements(drafts);
  for (const [index, one] of wanted.entries()) {
    const now = drafts[index];
    if (now?.isWaiting === true && !replaced.has(now)) drafts[index] = await draft(one, parts.clock);
  }
  const kept = drafts.filter((one) => !replaced.has(one));
  settleNames(kept);
  return sort(new Map(kept.map((one) => [one, readConfig(one)])), replaced);
}

/** A built-in word in whose place another entry wants to be: what it provides is known without loading it. */
function waitFor(wanted: Wanted, replacing: ReadonlySet<string | undefined>): Draft | undefined {
  const { place, use, entry } = wanted;
  const provided = providedByWord(use);
  if (entry === undefined || entry.replaces !== undefined || provided === undefined || !replacing.has(provided.name)) {
    return undefined;
  }
  return { place, use, entry, provided, fallbacks: [], bare: [], faults: [], loadMs: 0, isWaiting: true };
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
    const { use, entry, file, plugin, faults, loadMs } = one;
    const gaveUp = [...replaced].flatMap(([other, by]) => (by === one ? [other] : []));
    const provided = heldBy(one, gaveUp);
    if (faults.length === 0 && plugin !== undefined && file !== undefined) {
      loaded.push({ name: entry?.name ?? provided?.name ?? use, use, file, plugin, config, loadMs, entry });
      continue;
    }
    const isFree = provided !== undefined && !held.has(`${provided.kind} ${provided.name}`);
    const name = entry?.name ?? (isFree ? provided.name : fallbackName(use));
    failed.push({ name, use, faults, entry, file, provided: isFree ? provided : undefined });
  }
  const gone = [...replaced].map(([{ use, entry, provided }, { use: by }]) => {
    return { name: entry?.name ?? provided?.name ?? fallbackName(use), use, entry, provided, by };
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
