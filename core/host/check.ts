import type { z } from "zod";
import { reserved as wordsOfPython } from "../../grammar/reserved.ts";
import { didYouMean } from "../near.ts";
import { API, isPlugin, type Plugin } from "../plugin/contract.ts";
import { findForeign, findParameterProblems } from "../plugin/definition.ts";
import { isSchema, showOwnZod } from "../plugin/foreign.ts";

/** What is wrong with a module's default export, in the order in which authors mend it. */
export type ExportProblem =
  | { readonly code: "plugin-export"; readonly found: string }
  | { readonly code: "plugin-api"; readonly found: string; readonly expected: number }
  /** `schema` names the first of those that this copy of zod has made. */
  | { readonly code: "plugin-zod"; readonly schema: string; readonly found: string; readonly expected: string }
  | { readonly code: "plugin-contract"; readonly reason: string };

/** What services and backends may be called. */
export const legalName = /^[a-z][a-z0-9_-]{0,63}$/;
/** SPEC 2: the runtime's own name. */
const reserved = "device";
const legalCommand = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
export const nameRule = "a lower-case letter, then letters, digits, _ or -, at most 64";
const effects: readonly unknown[] = ["read", "idempotent", "once"];

/** A name that a plugin may answer to. */
export function isLegalName(name: unknown, kind: Plugin["kind"]): name is string {
  return typeof name === "string" && legalName.test(name) && !(kind === "service" && name === reserved);
}

/** What a default export is that is no plugin. */
export function describeExport(value: unknown): string {
  if (value === undefined) return "no default export";
  return value === null ? "null" : `a plain ${typeof value}`;
}

/** Nothing in the schema is of another copy of zod. */
function isOwn(schema: z.ZodType): boolean {
  return findForeign(schema).next().done === true;
}

/** Every schema of a definition, as far as it has some. */
function* schemasOf(plugin: Plugin): Generator<readonly [name: string, schema: unknown]> {
  yield ["`config`", plugin.config];
  if (plugin.kind !== "service" || typeof plugin.commands !== "object") return;
  for (const [name, command] of Object.entries<unknown>(plugin.commands ?? {})) {
    const { args, result } = (command ?? {}) as Record<string, unknown>;
    for (const [parameter, schema] of Object.entries(args ?? {})) {
      yield [`parameter ${parameter} of command ${name}`, schema];
    }
    yield [`the result of command ${name}`, result];
  }
}

/** One problem for each other copy of zod, however many schemas are of it. */
function zodProblems(plugin: Plugin): ExportProblem[] {
  const made = new Map<string, string[]>();
  for (const [name, schema] of schemasOf(plugin)) {
    if (!isSchema(schema)) continue;
    for (const { path, version } of findForeign(schema)) {
      const names = made.get(version) ?? [];
      made.set(version, names);
      names.push(`${name}${path === "" ? "" : ` at ${path}`}`);
    }
  }
  return [...made].map(([found, [first = "", ...others]]) => {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return { code: "plugin-zod", schema: `${first}${more}`, found, expected: showOwnZod() };
  });
}

const membersOf = {
  command: ["about", "args", "result", "effect", "timeoutMs", "bare"],
  service: ["api", "service", "about", "config", "commands", "start", "kind"],
  store: ["api", "backend", "about", "config", "can", "open", "kind"],
} as const;

const ofEither: readonly string[] = [...membersOf.service, ...membersOf.store];

/**
 * A member that means nothing is one that is misspelt, and what it was to say would be missed. A definition may carry something of its
 * author's own, such as what its tests look into: only what is near to a member, or one of the other kind, is told of it.
 */
function* strangeMembers(what: string, value: object, known: readonly string[], mayHaveOwn = false): Generator<string> {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const free = known.filter((one) => !Object.hasOwn(value, one));
    const near = didYouMean(name, free);
    if (near === undefined && mayHaveOwn && !ofEither.includes(name)) continue;
    const cure = near ?? `its members are ${known.filter((one) => one !== "kind").join(", ")}`;
    yield `${what} has the unknown member ${JSON.stringify(name)}; ${cure}`;
  }
}

function* commandProblems(name: string, command: unknown): Generator<string> {
  if (!legalCommand.test(name))
    yield `the command name ${JSON.stringify(name)} is not an identifier of at most 64 characters`;
  else if (wordsOfPython.has(name)) yield `the command name ${name} is a word of Python; choose another`;
  if (name === "then") yield "the command name then would make the handlers look like a promise";
  const { about, args, result, effect, timeoutMs, bare } = (command ?? {}) as Record<string, unknown>;
  if (typeof about !== "string" || about === "") yield `command ${name} needs \`about\`, a sentence for operators`;
  if (!effects.includes(effect)) yield `command ${name} needs \`effect\`: "read", "idempotent" or "once"`;
  if (!isSchema(result)) yield `command ${name} needs \`result\`, a schema made with \`z\` of rustiq/plugin`;
  if (typeof args !== "object" || args === null) yield `command ${name} needs \`args\`, an object of schemas`;
  for (const [parameter, schema] of Object.entries((args ?? {}) as Record<string, unknown>)) {
    if (!isSchema(schema))
      yield `parameter ${parameter} of command ${name} is no schema made with \`z\` of rustiq/plugin`;
    else if (isOwn(schema))
      for (const problem of findParameterProblems(parameter, schema)) yield `command ${name}: ${problem}`;
    // Else it could not be given by name, and JavaScript would put a number before the others.
    if (!legalCommand.test(parameter) || parameter === "__proto__")
      yield `the parameter ${JSON.stringify(parameter)} of command ${name} is not an identifier of at most 64 characters`;
    else if (wordsOfPython.has(parameter))
      yield `parameter ${parameter} of command ${name} is a word of Python, so that nobody could give it by name; choose another`;
  }
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && Number(timeoutMs) > 0)) {
    yield `command ${name}: \`timeoutMs\` must be a positive number of milliseconds`;
  }
  if (typeof command === "object" && command !== null)
    yield* strangeMembers(`command ${name}`, command, membersOf.command);
  if (bare !== undefined && typeof bare !== "boolean") yield `command ${name}: \`bare\` must be true or false`;
}

const capabilities = ["conditionalRead", "createOnly", "compareAndSwap", "ranges", "metadata", "watch"];
/** Plugins of before these were there do not name them, and promise none. */
const laterCapabilities = ["checksums", "multipart", "conditionalMultipart"];

function* capabilityProblems(can: unknown): Generator<string> {
  if (typeof can !== "object" || can === null) return yield "`can` must declare the capabilities";
  for (const name of capabilities) {
    if (typeof Reflect.get(can, name) !== "boolean") yield `\`can.${name}\` must be true or false`;
  }
  for (const name of laterCapabilities) {
    if (!["boolean", "undefined"].includes(typeof Reflect.get(can, name)))
      yield `\`can.${name}\` must be true or false`;
  }
  const largestWrite: unknown = Reflect.get(can, "largestWrite");
  if (largestWrite !== undefined && !(Number.isSafeInteger(largestWrite) && Number(largestWrite) > 0))
    yield "`can.largestWrite` must be a number of bytes";
  const settleMs: unknown = Reflect.get(can, "settleMs");
  if (settleMs !== undefined && !(Number.isFinite(settleMs) && Number(settleMs) >= 0))
    yield "`can.settleMs` must be a number of milliseconds";
}

function* contractProblems(plugin: Plugin): Generator<string> {
  yield* strangeMembers("the definition", plugin, membersOf[plugin.kind === "store" ? "store" : "service"], true);
  if (typeof plugin.about !== "string") yield "`about` must be a sentence for operators";
  if (plugin.config !== undefined && !isSchema(plugin.config))
    yield "`config` must be a schema made with `z` of rustiq/plugin";
  if (plugin.kind === "store") {
    if (!legalName.test(plugin.backend)) yield `the backend name ${JSON.stringify(plugin.backend)} must be ${nameRule}`;
    if (typeof plugin.open !== "function") yield "`open` must be a function";
    yield* capabilityProblems(plugin.can);
    if (plugin.config === undefined) yield "a store needs `config`, the schema of its entry";
    return;
  }
  if (!legalName.test(plugin.service)) yield `the service name ${JSON.stringify(plugin.service)} must be ${nameRule}`;
  if (plugin.service === reserved) yield "the service name device is reserved for the runtime itself";
  if (typeof plugin.start !== "function") yield "`start` must be a function";
  if (typeof plugin.commands !== "object" || plugin.commands === null) yield "`commands` must be an object";
  else for (const [name, command] of Object.entries(plugin.commands)) yield* commandProblems(name, command);
}

/** The plugin that a default export is, or everything that keeps it from being one. */
export function checkExport(value: unknown): Plugin | readonly ExportProblem[] {
  if (!isPlugin(value)) return [{ code: "plugin-export", found: describeExport(value) }];
  const api: unknown = value.api;
  if (api !== API) return [{ code: "plugin-api", found: String(api), expected: API }];
  const problems = zodProblems(value);
  for (const reason of contractProblems(value)) problems.push({ code: "plugin-contract", reason });
  return problems.length === 0 ? value : problems;
}
