import { fault, RustiqError, reasonOf } from "../../errors.ts";
import type { ServicePlugin } from "../../plugin/contract.ts";
import {
  type CommandDescription,
  describeCommands,
  type ParameterDescription,
  spellCommand,
} from "../../plugin/describe.ts";
import type { Clock, Json, Random } from "../../plugin/surroundings.ts";
import { withinLimit } from "../../ports/clock.ts";
import { startService } from "../../testkit/service.ts";
import { exitCodes } from "../failure.ts";
import type { PluginCheckOptions } from "../groups/plugin.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import type { Checked } from "./check.ts";
import type { LostErrors } from "./lost.ts";

/** Milliseconds that a service may take to start, and to stop: what a device gives it. */
const limitsMs = { start: 10_000, stop: 5_000 } as const;

interface Around {
  readonly config: Readonly<Record<string, unknown>>;
  readonly lost: LostErrors;
  readonly clock: Clock;
  readonly random: Random;
}

/** How the start with everything in memory went. */
type Start = { readonly status: "started" } | { readonly status: "failed" | "not run"; readonly reason: string };

/** Starts a service as its tests would, and tells its commands. Throws "plugin-config". */
export async function checkService(
  plugin: ServicePlugin,
  { use, file }: Checked,
  around: Around,
  options: PluginCheckOptions,
  terminal: Terminal,
): Promise<number> {
  const parsed = plugin.config?.safeParse(around.config);
  const isGiven = options.config !== undefined;
  if (parsed?.success === false && isGiven) {
    const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
    throw fault("plugin-config", { place: "plugin", use, reason: reasons.join("; ") });
  }
  if (plugin.config === undefined && Object.keys(around.config).length > 0) {
    throw fault("plugin-config", { place: "plugin", use, reason: "this plugin takes no options" });
  }
  const start: Start =
    parsed?.success === false
      ? { status: "not run", reason: "it does not start without options; give them with --config" }
      : await tryStart(plugin, around);
  const { service, about } = plugin;
  const commands = describeCommands(plugin);
  const notes = commands.flatMap(findSilence);
  if (options.json === true) {
    const spelled = commands.map(spellCommand);
    terminal.printJson({ plugin: use, file, kind: "service", service, about, commands: spelled, start, notes });
  } else {
    terminal.print(`${terminal.paint("bold", service)}  ${about}`);
    for (const command of commands) terminal.print(showCommand(command, terminal));
    for (const note of notes) terminal.print(`${terminal.paint("yellow", "note")}: ${note}`);
    const word = start.status === "failed" ? terminal.paint("red", "FAILED") : start.status;
    const outcome = start.status === "started" ? "starts and stops" : `start ${word}: ${makeVisible(start.reason)}`;
    terminal.print(`service ${service} (${makeVisible(file)}): the definition is right; ${outcome}`);
  }
  return start.status === "failed" ? exitCodes.failed : exitCodes.done;
}

async function tryStart(plugin: ServicePlugin, { config, lost, clock, random }: Around): Promise<Start> {
  const within = <T>(what: "start" | "stop", work: () => Promise<T>) =>
    withinLimit(
      clock,
      limitsMs[what],
      undefined,
      () => new Error(`${what} takes longer than ${limitsMs[what]} ms`),
      work,
    );
  try {
    const started = await within("start", () => startService(plugin, { config, clock, random }));
    await within("stop", () => started.stop());
  } catch (thrown) {
    // In memory there are no stores and no programs of a device; that a service asks for one is no fault.
    const isOfDevice = thrown instanceof RustiqError && thrown.code === "store-unknown";
    return { status: isOfDevice ? "not run" : "failed", reason: reasonOf(thrown) };
  }
  const uncaught = lost.take();
  if (uncaught.length === 0) return { status: "started" };
  return { status: "failed", reason: `an error that nobody catches: ${uncaught.join("; ")}` };
}

/** What operators would miss, a sentence each. */
function findSilence({ name, parameters, result }: CommandDescription): string[] {
  const isAnything = (schema: Json) =>
    schema !== null && typeof schema === "object" && Object.keys(schema).length === 0;
  return [
    ...parameters.flatMap(({ name: parameter, schema }) => [
      ...(member(schema, "description") === undefined
        ? [`${name}: parameter ${parameter} says nothing of itself; add .describe("…")`]
        : []),
      ...(showType(schema) === "anything" ? [`${name}: parameter ${parameter} takes anything`] : []),
    ]),
    ...(isAnything(result) ? [`${name}: its result may be anything`] : []),
  ];
}

function member(schema: Json, name: string): Json | undefined {
  if (schema === null || typeof schema !== "object" || Array.isArray(schema)) return undefined;
  return (schema as Readonly<Record<string, Json>>)[name];
}

/** A JSON Schema in a word or two: `integer`, `string | null`, `'a' | 'b'`. */
function showType(schema: Json): string {
  const [type, values, ways] = [member(schema, "type"), member(schema, "enum"), member(schema, "anyOf")];
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(ways)) return ways.map(showType).join(" | ");
  const fixed = member(schema, "const");
  if (fixed !== undefined) return JSON.stringify(fixed);
  if (type === "array") return `list of ${showType(member(schema, "items") ?? {})}`;
  return typeof type === "string" ? type : "anything";
}

function showCommand(
  { name, about, effect, bare, parameters, result }: CommandDescription,
  terminal: Terminal,
): string {
  const traits = terminal.paint("dim", `[${effect}${bare ? ", bare" : ""}]`);
  const head = `  ${name}(${parameters.map(showParameter).join(", ")}) -> ${showType(result)}  ${traits}`;
  return `${head}\n      ${about}`;
}

function showParameter({ name, required, schema, expression }: ParameterDescription): string {
  const type = expression === true ? "expression" : showType(schema);
  return required ? `${name}: ${type}` : `[${name}: ${type}]`;
}
