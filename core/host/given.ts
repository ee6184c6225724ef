import type { PluginEntry } from "../config/configuration.ts";
import { RustiqError } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Plugin } from "../plugin/contract.ts";

/** A plugin that a program hands over, with what an entry of the configuration may say of one. */
export interface GivenPlugin {
  /** What defineService or defineStore answers. */
  readonly plugin: Plugin;
  /** For the plugin's own schema; `{}` without it. */
  readonly config?: unknown;
  /** In every message; the plugin's own without it. */
  readonly name?: string | undefined;
  /** What the device does when the plugin does not start; "continue" without it. */
  readonly on_failure?: "abort" | "continue" | undefined;
}

/** One that a program gives, as it is loaded. */
export interface Given {
  /** What the program says is the plugin: perhaps it is none. */
  readonly value: unknown;
  readonly use: string;
  readonly entry: PluginEntry;
}

/** What stands in the place of its file. */
export const fromProgram = "given by the program";

const members = ["plugin", "config", "name", "on_failure"];

/** Where a plugin is, for people: a program has no file that an index would be of. */
export function placeGiven(at: number): string {
  const tens = Math.floor((at + 1) / 10) % 10;
  const ending = tens === 1 ? "th" : (["th", "st", "nd", "rd"][(at + 1) % 10] ?? "th");
  return `the ${at + 1}${ending} plugin given by the program`;
}

function describeProblem(
  options: Readonly<Record<string, unknown>>,
): { reason: string; hint?: string | undefined } | undefined {
  const unknown = Object.keys(options).find((name) => !members.includes(name));
  if (unknown !== undefined) {
    const near = unknown === "onFailure" ? "did you mean 'on_failure'?" : didYouMean(unknown, members);
    return { reason: `unknown member ${JSON.stringify(unknown)}; known are ${members.join(", ")}`, hint: near };
  }
  const { config = {}, name = "a", on_failure: onFailure = "continue" } = options;
  if (typeof config !== "object" || config === null) return { reason: "config must be an object" };
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    return { reason: "name must be a text of 1 to 64 letters, digits, dots, hyphens and underscores" };
  }
  if (onFailure !== "abort" && onFailure !== "continue") return { reason: 'on_failure must be "abort" or "continue"' };
  return undefined;
}

function isBare(given: unknown): boolean {
  return typeof given !== "object" || given === null || "kind" in given || !("plugin" in given);
}

/** Plugins of a program, each bare or with options. Throws "config-invalid" for options that are none. */
export function readGiven(given: readonly (Plugin | GivenPlugin)[]): Given[] {
  return given.map((one, at) => {
    const options: Readonly<Record<string, unknown>> = isBare(one) ? { plugin: one } : { ...one };
    const problem = describeProblem(options);
    if (problem !== undefined) {
      throw new RustiqError("config-invalid", `${placeGiven(at)}: ${problem.reason}`, { hint: problem.hint });
    }
    const { plugin, config = {}, name, on_failure: onFailure } = options as Partial<GivenPlugin>;
    const use = String((plugin?.kind === "store" ? plugin.backend : plugin?.service) ?? "unnamed");
    return { value: plugin, use, entry: { use, name, config, onFailure } };
  });
}

/** What is said of them as a file could say it, so that the secrets in it are known; what JSON does not have is left out. */
export function spellGiven(given: readonly Given[]): PluginEntry[] {
  return given.map(({ entry }) => {
    try {
      return { ...entry, config: JSON.parse(JSON.stringify(entry.config)) };
    } catch {
      return { ...entry, config: {} };
    }
  });
}
