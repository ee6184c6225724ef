import { formatLiteral } from "../../../grammar/format.ts";
import { fromValue } from "../../../grammar/from-value.ts";
import { reasonOf } from "../../errors.ts";
import type { Command, ServicePlugin } from "../../plugin/contract.ts";
import { describeCommands, type ParameterDescription } from "../../plugin/describe.ts";
import { traitsOf } from "../../plugin/parameters.ts";
import type { Json } from "../../plugin/surroundings.ts";
import { Sampler } from "./sample.ts";

/** Arguments of commands by their names, as an author gives them. */
export type GivenArguments = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** How one command is called to see what it does. */
export interface Call {
  readonly name: string;
  readonly command: Command;
  /** What is called with; undefined where something is missing. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  /** The same with other values, one at a time, where its author gave none: what a command changes shows in one of them. */
  readonly variants: readonly Readonly<Record<string, unknown>>[];
  readonly parameters: readonly ParameterDescription[];
  /** A required parameter that no value could be made up for. */
  readonly missing: string | undefined;
  /** Its author gave the arguments, or it needs none. */
  readonly isMeant: boolean;
  /** It may be called: a `once` command acts, and is only called when its author gave arguments for it. */
  readonly mayRun: boolean;
}

/** Arguments as an expression has them. Throws for a value that no literal can say. */
function spellArguments({ args: shape }: Pick<Command, "args">, args: Readonly<Record<string, unknown>>): string {
  const spell = (parameter: string) => formatLiteral(fromValue(args[parameter]));
  const parts: string[] = [];
  // By position as long as none is left out: a parameter may have the name of a Python keyword.
  let isByName = false;
  for (const parameter of Object.keys(shape)) {
    if (!Object.hasOwn(args, parameter)) isByName = true;
    else parts.push(isByName ? `${parameter}=${spell(parameter)}` : spell(parameter));
  }
  const unknown = Object.keys(args).filter((parameter) => !Object.hasOwn(shape, parameter));
  return [...parts, ...unknown.map((parameter) => `${parameter}=${spell(parameter)}`)].join(", ");
}

/** The expression that calls a command of this service, whatever its name. */
export function spellCall(
  service: string,
  { name, command }: Pick<Call, "name" | "command">,
  args: Readonly<Record<string, unknown>>,
): string {
  const given = spellArguments(command, args);
  return `call_service(${JSON.stringify(service)}, ${JSON.stringify(name)}${given === "" ? "" : `, ${given}`})`;
}

/** Values that are made up for a parameter, and those of them that are tried. */
const [mostCandidates, mostSamples, mostVariants] = [50, 3, 8];

/** Different values that a parameter's schema takes; none where nothing was found. */
function samplesOf(zod: Command["args"][string], described: Json): readonly Json[] {
  const samples = new Map<string, Json>();
  let count = 0;
  for (const candidate of new Sampler(described).candidates(described)) {
    if (++count > mostCandidates || samples.size === mostSamples) break;
    try {
      if (zod.safeParse(candidate).success) samples.set(JSON.stringify(candidate), candidate);
    } catch {
      // A schema of the plugin's own that throws has no sample.
    }
  }
  return [...samples.values()];
}

/** How every command is called: with what its author gives, and made-up values for what is missing and required. */
export function planCalls(plugin: ServicePlugin, given: GivenArguments = {}): readonly Call[] {
  const described = describeCommands(plugin);
  const harmless = described.find(
    ({ effect, parameters }) => effect === "read" && parameters.every((p) => !p.required),
  );
  // An expression names a command of this very service, and its owner is this one.
  const expressions = harmless === undefined ? [] : [`${harmless.name}()`];
  return described.map(({ name, parameters }) => {
    const command = plugin.commands[name] as Command;
    const own: Readonly<Record<string, unknown>> = (Object.hasOwn(given, name) ? given[name] : undefined) ?? {};
    const owners = Object.values(command.args).map((schema) => traitsOf(schema).expression?.owner);
    const args: Record<string, unknown> = { ...own };
    const others: (readonly [string, Json])[] = [];
    let missing: string | undefined;
    let isMade = false;
    for (const { name: parameter, required, schema, expression } of parameters) {
      if (Object.hasOwn(own, parameter)) continue;
      const ofExpression = owners.includes(parameter)
        ? [plugin.service]
        : expression === true
          ? expressions
          : undefined;
      const samples = ofExpression ?? samplesOf(command.args[parameter] as Command["args"][string], schema);
      for (const sample of samples) others.push([parameter, sample]);
      if (!required) continue;
      isMade = true;
      if (samples.length === 0) missing ??= parameter;
      else args[parameter] = samples[0];
    }
    const isComplete = missing === undefined;
    return {
      ...{ name, command, parameters, missing, isMeant: !isMade },
      args: isComplete ? args : undefined,
      variants: isComplete
        ? others.slice(0, mostVariants).map(([parameter, value]) => ({ ...args, [parameter]: value }))
        : [],
      mayRun: command.effect !== "once" || Object.hasOwn(given, name),
    };
  });
}

/** How a call is shown in a message. Never throws. */
export function showCall({ name, command, args }: Pick<Call, "name" | "command" | "args">): string {
  try {
    const text = `${name}(${spellArguments(command, args ?? {})})`;
    return text.length > 120 ? `${text.slice(0, 119)}…` : text;
  } catch (thrown) {
    return `${name}(…: ${reasonOf(thrown)})`;
  }
}

/** What an author gives so that a command can be called with something that means something. */
export function askFor({ name, command, missing }: Call): string {
  const parameters = missing === undefined ? Object.keys(command.args) : [missing];
  const members = parameters.length === 0 ? "{}" : `{ ${parameters.map((one) => `"${one}": …`).join(", ")} }`;
  return `give { "${name}": ${members} } as arguments`;
}

/** The commands that are not called, with the reason, a sentence each. */
export function tellUncalled(calls: readonly Call[]): readonly string[] {
  return calls.flatMap((call) => {
    if (!call.mayRun) {
      return [`${call.name} was not called: it is \`once\` and may act; to have it called, ${askFor(call)}`];
    }
    if (call.args !== undefined) return [];
    return [`${call.name} was not called: no value could be made up for ${call.missing}; ${askFor(call)}`];
  });
}
