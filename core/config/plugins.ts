import { z } from "zod";
import { type Configuration, defaultMemoryBytes, type PluginEntry } from "./configuration.ts";
import type { FaultList } from "./fault.ts";
import { oneOf, patternText, ruledText, strictMembers, wholeNumber } from "./rules.ts";

/** The services that run when the file has no `plugins` (SPEC 2). */
const builtinServices: readonly string[] = Object.freeze(["transfer", "scheduler", "apps", "display"]);

const mebibyte = 1024 * 1024;

/** What is set for an isolated process, and therefore only beside `isolate`. */
const isolatedMembers = ["memory_bytes", "user_id"];

export const pluginSchema = strictMembers({
  use: ruledText("a built-in word, a package name or a path", "name the plugin to load", (use) =>
    use.trim() === ""
      ? {
          expected: "a built-in word, a package name or a path",
          hint: `the built-in words: ${builtinServices.join(", ")}`,
        }
      : undefined,
  ),
  name: patternText(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "a text of 1 to 64 letters, digits, dots, hyphens and underscores that starts with a letter or digit",
    "leave it out for the plugin's own name",
  ).optional(),
  config: z.unknown().optional(),
  on_failure: oneOf(["abort", "continue"], 'leave it out for "continue"').optional(),
  isolate: oneOf(["none", "process"], 'leave it out for "none"').optional(),
  memory_bytes: wholeNumber(
    32 * mebibyte,
    64 * 1024 * mebibyte,
    `leave it out for ${defaultMemoryBytes}`,
    " (bytes)",
  ).optional(),
  user_id: wholeNumber(1, 2 ** 31 - 1, "leave it out for the runtime's own user", " (a numeric user)").optional(),
  replaces: patternText(
    /^[a-z][a-z0-9_-]{0,63}$/,
    "a service or backend name: a lower-case letter, then letters, digits, _ or -, at most 64",
    "name the service or backend whose place the plugin takes, or leave it out",
  ).optional(),
});

type PluginSettings = z.output<typeof pluginSchema>;

/** A bare text in `plugins` is the plugin's `use`. */
export function expandPlugins(file: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plugins = file["plugins"];
  if (!Array.isArray(plugins)) return { ...file };
  return { ...file, plugins: plugins.map((entry: unknown) => (typeof entry === "string" ? { use: entry } : entry)) };
}

/** What only the whole list, or more than one member of an entry, tells. */
export function checkPlugins(list: unknown, faults: FaultList): void {
  if (!Array.isArray(list)) return;
  const owners = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    if (typeof entry !== "object" || entry === null) continue;
    const members = entry as Readonly<Record<string, unknown>>;
    checkIsolation(index, members, faults);
    const { name } = members;
    if (typeof name !== "string") continue;
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, index);
    else {
      const found = `${faults.describe(name)}, already the name of plugins[${owner}]`;
      faults.addAt("plugins", [index, "name"], found, "a plugin name of its own", "rename one of the two");
    }
  }
}

function checkIsolation(index: number, members: Readonly<Record<string, unknown>>, faults: FaultList): void {
  const { isolate } = members;
  // A word that is none is told by the schema; what was meant is unknown then.
  if (isolate !== undefined && isolate !== "none") return;
  for (const name of isolatedMembers) {
    if (members[name] === undefined) continue;
    const found = `${faults.describe(members[name])} without "isolate": "process"`;
    const hint = `add "isolate": "process", or leave ${name} out`;
    faults.addAt("plugins", [index, name], found, "it only where the plugin has a process of its own", hint);
  }
}

/** The entries as the runtime uses them; without a list every built-in service. */
export function listPlugins(given: readonly PluginSettings[] | undefined): PluginEntry[] {
  const entries: readonly PluginSettings[] = given ?? builtinServices.map((use) => ({ use }));
  return entries.map((entry) => ({
    use: entry.use,
    name: entry.name,
    config: entry.config ?? {},
    onFailure: entry.on_failure,
    isolate: entry.isolate,
    memoryBytes: entry.isolate === "process" ? (entry.memory_bytes ?? defaultMemoryBytes) : undefined,
    userId: entry.user_id,
    replaces: entry.replaces,
  }));
}

/** The entries as the file spells them. */
export function spellPlugins(plugins: Configuration["plugins"]): unknown {
  return plugins.map(({ use, name, config, onFailure, isolate, memoryBytes, userId, replaces }) => ({
    use,
    name,
    config,
    on_failure: onFailure,
    isolate,
    memory_bytes: memoryBytes,
    user_id: userId,
    replaces,
  }));
}
