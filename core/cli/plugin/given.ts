import { resolve } from "node:path";
import { maskValue } from "../../config/secrets.ts";
import { reasonOf } from "../../errors.ts";
import { usageFault } from "../failure.ts";
import { readInput } from "../input.ts";
import type { Terminal } from "../terminal.ts";

/** Bytes of a plugin's options at the most. */
const longestConfig = 1024 * 1024;

/** The options of a plugin as the command line gives them. */
export interface GivenConfig {
  /** Below which a store keeps its objects, behind the layers. */
  readonly prefix: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const examples = {
  "--config": `an object such as '{"room": 5000}'`,
  "--arguments": `an object such as '{"set_level": {"level": 40}}'`,
} as const;

/** The members of a store's entry that are the runtime's own and not the backend's. */
const ownMembers = ["store_name", "backend", "prefix"];

/** Reads `--config` or `--arguments`: a JSON object, or the file that holds one. The terminal masks its secrets from here on. Throws "usage". */
export async function readObject(
  given: string | undefined,
  option: "--config" | "--arguments",
  terminal: Terminal,
): Promise<Readonly<Record<string, unknown>>> {
  if (given === undefined) return {};
  const isText = given.trimStart().startsWith("{");
  const what = isText ? option : given;
  const text = isText ? given : Buffer.from(await readInput(given, longestConfig, terminal)).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    // A JSON fault quotes the text around it, which may be a secret.
    const reason = isText || !(thrown instanceof SyntaxError) ? "" : `: ${reasonOf(thrown).replace(/, ".*$/s, "")}`;
    throw usageFault(`${what} is no JSON${reason}`, `Give ${examples[option]}, or a file that holds one.`);
  }
  if (!isObject(value)) {
    throw usageFault(`${what} holds ${describe(value)}; expected an object`, `Give ${examples[option]}.`);
  }
  const secrets: string[] = [];
  maskValue(value, (secret) => secrets.push(secret));
  terminal.hide(secrets);
  return { ...value };
}

/** Arguments by command. Throws "usage" for what has another shape; whether there are such commands the plugin says. */
export async function readArguments(
  given: string | undefined,
  terminal: Terminal,
): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const commands: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [name, args] of Object.entries(await readObject(given, "--arguments", terminal))) {
    if (!isObject(args)) {
      const found = `--arguments has ${describe(args)} for ${name}; expected an object`;
      throw usageFault(found, `Give arguments by their names: {"${name}": {"level": 40}}; {} for none.`);
    }
    commands[name] = args;
  }
  return commands;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** The entry of a store as the configuration has it, taken apart: the backend's own options, and the prefix. */
export function takeEntry(config: Readonly<Record<string, unknown>>): GivenConfig {
  const options = Object.fromEntries(Object.entries(config).filter(([name]) => !ownMembers.includes(name)));
  const path = options["path"];
  // As in the configuration: a folder may be named from where one is.
  const placed = typeof path === "string" && path.startsWith(".") ? { ...options, path: resolve(path) } : options;
  return { prefix: typeof config["prefix"] === "string" ? config["prefix"] : "", options: placed };
}
