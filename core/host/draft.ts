import { basename, dirname } from "node:path";
import type { Configuration, PluginEntry } from "../config/configuration.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { Plugin } from "../plugin/contract.ts";
import type { Clock } from "../plugin/surroundings.ts";
import type { Modules } from "../ports/modules.ts";
import { Newcomer } from "./blame.ts";
import { describeExport, isLegalName } from "./check.ts";
import { type Claimant, type Provided, providedByWord } from "./claims.ts";
import { GatheredFaults } from "./faults.ts";
import { fromProgram, type Given, placeGiven } from "./given.ts";
import { type ImportedPlugin, importPlugin, readPlugin } from "./import.ts";
import type { Isolated } from "./isolate/isolated.ts";
import type { IsolationPorts } from "./isolate/parts.ts";

/** What plugins are loaded with; without the ports of `IsolationPorts` none can be isolated. */
export type LoadParts = { readonly modules: Modules; readonly clock: Clock } & Partial<IsolationPorts>;

/** An entry, or a plugin of the program, before it is looked at. */
export interface Wanted {
  readonly place: string;
  readonly use: string;
  readonly entry: PluginEntry | undefined;
  /** By the program: then `use` is the plugin's own name, and no word for a built-in one. */
  readonly isGiven?: boolean;
  readonly find: (newcomer: Newcomer) => Promise<ImportedPlugin>;
}

/** The same with what was found of it. */
export interface Draft extends Claimant {
  readonly file?: string;
  readonly plugin?: Plugin;
  readonly loadMs: number;
  readonly isolated?: Isolated | undefined;
  readonly newcomer?: Newcomer | undefined;
  /** A built-in word that need not be loaded when another entry takes its place. */
  readonly isWaiting?: boolean;
}

export function* listWanted(
  configuration: Configuration,
  given: readonly Given[],
  parts: LoadParts,
): Generator<Wanted> {
  const { plugins, folder } = configuration;
  for (const [index, entry] of plugins.entries()) {
    const [place, { use }] = [`plugins[${index}]`, entry];
    const find = async (culprit: Newcomer) => {
      if (entry.isolate !== "process") return importPlugin(use, place, { ...parts, folder, culprit });
      const { openIsolated } = await import("./isolate/open.ts");
      return openIsolated(entry, place, configuration, parts);
    };
    yield { place, use, entry, find };
  }
  for (const [at, { value, use, entry }] of given.entries()) {
    const place = `${placeGiven(at)},`;
    const find = async () => ({ ...readGivenPlugin(value, { place, use }), file: fromProgram });
    yield { place, use, entry, isGiven: true, find };
  }
}

/** Its faults speak of its definition, for it has no file. */
function readGivenPlugin(value: unknown, at: { readonly place: string; readonly use: string }): ImportedPlugin {
  try {
    return readPlugin(value, { ...at, file: "its definition" });
  } catch (thrown) {
    if (!(thrown instanceof RustiqError) || thrown.code !== "plugin-export") throw thrown;
    const message = `${at.place.slice(0, -1)} is not one made by defineService or defineStore; found ${describeExport(value)}`;
    const hint = "Give what one of the two answers, or { plugin, config, name, on_failure } around it.";
    throw new RustiqError(thrown.code, message, { hint });
  }
}

/** Loads one, and finds everything that is wrong with it alone. */
export async function draft(wanted: Wanted, clock: Clock): Promise<Draft> {
  const { place, use, entry, isGiven = false } = wanted;
  const started = clock.elapsed();
  const newcomer = new Newcomer(entry?.name ?? fallbackName(use));
  const common = { place, use, entry, isGiven, fallbacks: listFallbacks(wanted), newcomer };
  try {
    const { file, plugin, faults, isolated } = await wanted.find(newcomer);
    const names = { provided: providedBy(plugin), bare: listBare(plugin) };
    const loadMs = clock.elapsed() - started;
    return { ...common, file, plugin, isolated, ...names, faults: [...faults], loadMs };
  } catch (thrown) {
    const told = tellBroken(wanted, thrown);
    const faults = told instanceof GatheredFaults ? [...told.faults] : [told];
    return { ...common, provided: undefined, bare: [], faults, loadMs: clock.elapsed() - started };
  }
}

/** A definition may do anything when it is read; it never takes the others down. */
export function tellBroken({ place, use }: Pick<Wanted, "place" | "use">, thrown: unknown): RustiqError {
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

/** Words of built-in services and paths give a name even to a plugin that could not be read. */
export function fallbackName(use: string): string {
  const name = basename(use).replace(/\.[^.]*$/, "");
  return (name === "index" ? basename(dirname(use)) : name) || use;
}

function listFallbacks({ use, entry }: Wanted): string[] {
  return [...(entry?.name === undefined ? [] : [entry.name]), fallbackName(use)];
}

/** Processes that load their plugins at once: each costs a start of Node. */
const mostAhead = 4;

/** Begins with what loads in a process of its own; each is there before it is asked for in the order of the list. */
export function draftAhead(isolated: readonly Wanted[], clock: Clock): ReadonlyMap<Wanted, Promise<Draft>> {
  const begun = new Map<Wanted, Promise<Draft>>();
  const left = [...isolated];
  const beginNext = () => {
    const next = left.shift();
    if (next !== undefined) begun.set(next, draft(next, clock).finally(beginNext));
  };
  for (let at = 0; at < mostAhead; at++) beginNext();
  return begun;
}

/** A built-in word in whose place another entry wants to be: what it provides is known without loading it. */
export function waitFor(wanted: Wanted, replacing: ReadonlySet<string | undefined>): Draft | undefined {
  const { place, use, entry, isGiven } = wanted;
  const provided = providedByWord(use);
  if (
    entry === undefined ||
    isGiven ||
    entry.replaces !== undefined ||
    provided === undefined ||
    !replacing.has(provided.name)
  ) {
    return undefined;
  }
  return { place, use, entry, provided, fallbacks: [], bare: [], faults: [], loadMs: 0, isWaiting: true };
}
