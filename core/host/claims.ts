import type { PluginEntry } from "../config/configuration.ts";
import { fault, type RustiqError } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Plugin } from "../plugin/contract.ts";
import { builtinBackends, builtinServices } from "./builtins.ts";

/** The name that a plugin answers to. */
export interface Provided {
  readonly kind: Plugin["kind"];
  readonly name: string;
}

/** An entry that asks for names, and what is wrong with it so far; more is added here. */
export interface Claimant {
  readonly place: string;
  readonly use: string;
  /** The names by which it is known although it could not be read. */
  readonly fallbacks: readonly string[];
  /** What the configuration says; undefined for a plugin that the program gives. */
  readonly entry: PluginEntry | undefined;
  readonly isGiven?: boolean;
  /** Unknown where the plugin could not be read. */
  readonly provided: Provided | undefined;
  /** Commands that it offers by their own names. */
  readonly bare: readonly string[];
  readonly faults: RustiqError[];
}

const words: Readonly<Record<Plugin["kind"], string>> = { service: "service", store: "backend" };

/** What a built-in word provides. */
export function providedByWord(use: string): Provided | undefined {
  if (Object.hasOwn(builtinServices, use)) return { kind: "service", name: use };
  return Object.hasOwn(builtinBackends, use) ? { kind: "store", name: use } : undefined;
}

/**
 * Who gives up its place to whom: an entry with `replaces` takes that of every other one of the same name. Adds "plugin-replaces" where
 * that cannot be; then everything stays as without the word.
 */
export function settleReplacements<One extends Claimant>(claimants: readonly One[]): Map<One, One> {
  const replaced = new Map<One, One>();
  for (const one of claimants) {
    const name = one.entry?.replaces;
    if (name === undefined) continue;
    const others = claimants.filter(
      (other) => other !== one && other.entry?.replaces !== name && isOf(other, name, one),
    );
    const reason = refuseReplacement(one, name, others);
    if (reason === undefined) for (const other of others) if (!replaced.has(other)) replaced.set(other, one);
    if (reason !== undefined) {
      const hint = didYouMean(name, namesOf(claimants, one));
      one.faults.push(fault("plugin-replaces", { place: one.place, use: one.use, name, reason }, { hint }));
    }
  }
  return replaced;
}

/** Whether `other` has the name, as the same kind of plugin as far as both are known. */
function isOf(other: Claimant, name: string, one: Claimant): boolean {
  if (other.provided === undefined) return other.fallbacks.includes(name);
  return other.provided.name === name && (one.provided === undefined || one.provided.kind === other.provided.kind);
}

function refuseReplacement(
  { provided, faults }: Claimant,
  name: string,
  others: readonly Claimant[],
): string | undefined {
  const word = providedByWord(name);
  const isBuiltin = word !== undefined && (provided === undefined || provided.kind === word.kind);
  if (provided !== undefined && provided.name !== name)
    return `it is the ${words[provided.kind]} ${provided.name} itself`;
  if (others.length > 0 || isBuiltin) return undefined;
  // A plugin that could not be read may be the one that was meant; it has been told.
  if (provided === undefined && faults.length > 0) return undefined;
  const kind = provided === undefined ? "plugin" : words[provided.kind];
  return `no other entry, and no built-in word, is a ${kind} of that name`;
}

function namesOf(claimants: readonly Claimant[], but: Claimant): string[] {
  return claimants.flatMap((one) => (one === but || one.provided === undefined ? [] : [one.provided.name]));
}

/** Gives every name to the first who asks for it, and adds "plugin-duplicate" to the others. */
export function settleNames(claimants: readonly Claimant[]): void {
  const taken = new Map<string, string>();
  const claim = (one: Claimant, what: string, name: string): boolean => {
    const other = taken.get(`${what} ${name}`);
    if (other === undefined) taken.set(`${what} ${name}`, `${one.place} ${one.use}`);
    else one.faults.push(fault("plugin-duplicate", { place: one.place, use: one.use, what, name, other }));
    return other === undefined;
  };
  for (const one of claimants) {
    const { provided, entry, use, isGiven } = one;
    if (provided === undefined) continue;
    const { kind, name } = provided;
    const isWord = entry !== undefined && !isGiven && providedByWord(use)?.name === name;
    // A store may name a built-in backend without any entry here.
    if (kind === "store" && Object.hasOwn(builtinBackends, name) && !isWord && entry?.replaces !== name) {
      taken.set(`backend ${name}`, `the built-in ${name}`);
    }
    // The commands of a second one of the same name are not worth a line each.
    if (claim(one, words[kind], name)) for (const command of one.bare) claim(one, "bare command", command);
  }
}
