import { fault } from "../../errors.ts";
import { parseConfig } from "../../host/parse-config.ts";
import { didYouMean } from "../../near.ts";
import type { ServicePlugin } from "../../plugin/contract.ts";
import { type CommandDescription, describeCommands } from "../../plugin/describe.ts";
import { centralStores } from "../../testkit/central.ts";
import { Memory } from "../../testkit/memory.ts";
import { serviceCases } from "../../testkit/service-cases/index.ts";
import { usageFault } from "../failure.ts";
import { chooseCases, type Examined, runCases } from "./examine.ts";
import { isAnything, member, showType } from "./types.ts";

/** Puts a service through the whole kit, with everything around it in memory. Throws "plugin-config", and "usage" for arguments of no command. */
export async function examineService(plugin: ServicePlugin, file: string, examined: Examined): Promise<void> {
  const { asked, tell } = examined;
  const missing = checkConfig(plugin, examined);
  const { service, about } = plugin;
  const described = describeCommands(plugin);
  const names = described.map(({ name }) => name);
  const unknown = Object.keys(asked.arguments).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, names) ?? `Its commands: ${names.join(", ")}.`;
    throw usageFault(`--arguments names ${unknown}, which is no command of ${service}`, hint);
  }
  checkNames(plugin, asked.arguments);
  const start = () => ({
    stores: Object.fromEntries(centralStores.map((name) => [name, new Memory()])),
    makesStores: true,
  });
  const all = serviceCases(plugin, { config: asked.config, arguments: asked.arguments, start });
  const ready = missing === undefined ? all : all.filter(({ starts }) => !starts);
  if (missing !== undefined) refuseUnstarted(service, missing, asked.only, all);
  const chosen = chooseCases(ready, "service", asked, all);
  const leftOut = [...new Set(chosen.flatMap((one) => one.leftOut))];
  const notes = described.flatMap(findSilence);
  await tell({
    tell: "loaded",
    loaded: { kind: "service", file, service, about, commands: described, notes, leftOut },
  });
  await runCases(chosen, "service", missing === undefined ? [] : [tellUnstarted(missing)], examined);
}

/** What keeps it from being started where no options are given. Throws "plugin-config" for those that are. */
function checkConfig(plugin: ServicePlugin, { asked }: Examined): string | undefined {
  const parsed = parseConfig(asked.config, plugin);
  if ("value" in parsed) return undefined;
  if (!asked.isConfigGiven) return parsed.reason;
  throw fault("plugin-config", { place: "plugin", use: asked.use, reason: parsed.reason });
}

function tellUnstarted(missing: string): string {
  return `every case that starts it: it does not start without options (${missing}); give them with --config`;
}

/** Throws "usage" for cases that are asked for and need options to start it. */
function refuseUnstarted(
  service: string,
  missing: string,
  asked: readonly string[],
  all: readonly { readonly id: string; readonly starts: boolean }[],
): void {
  const id = asked.find((one) => all.some((known) => known.id === one && known.starts));
  if (id === undefined) return;
  throw usageFault(
    `case ${id} starts ${service}, which does not start without options (${missing})`,
    "Give them with --config.",
  );
}

/** Throws "usage" for arguments that a command does not take. */
function checkNames({ commands }: ServicePlugin, given: Examined["asked"]["arguments"]): void {
  for (const [name, args] of Object.entries(given)) {
    const known = Object.keys(commands[name]?.args ?? {});
    const unknown = Object.keys(args).find((parameter) => !known.includes(parameter));
    if (unknown === undefined) continue;
    const parameters = known.length === 0 ? "It takes none." : `Its parameters: ${known.join(", ")}.`;
    throw usageFault(
      `--arguments has ${unknown} for ${name}, which is no parameter of it`,
      didYouMean(unknown, known) ?? parameters,
    );
  }
}

/** What operators would miss, a sentence each. */
function findSilence({ name, parameters, result }: CommandDescription): string[] {
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
