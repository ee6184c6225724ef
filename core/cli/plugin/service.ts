import { fault } from "../../errors.ts";
import { didYouMean } from "../../near.ts";
import type { ServicePlugin } from "../../plugin/contract.ts";
import { type CommandDescription, describeCommands } from "../../plugin/describe.ts";
import { centralStores } from "../../testkit/central.ts";
import { Memory } from "../../testkit/memory.ts";
import { serviceCases } from "../../testkit/service-cases/index.ts";
import { usageFault } from "../failure.ts";
import { chooseCases, type Examined, runCases } from "./examine.ts";
import { isAnything, member, showType } from "./types.ts";

const needsOptions = "every case that starts it: it does not start without options; give them with --config";

/** Puts a service through the whole kit, with everything around it in memory. Throws "plugin-config", and "usage" for arguments of no command. */
export async function examineService(plugin: ServicePlugin, file: string, examined: Examined): Promise<void> {
  const { asked, tell } = examined;
  const hasOptions = checkConfig(plugin, examined);
  const { service, about } = plugin;
  const described = describeCommands(plugin);
  const names = described.map(({ name }) => name);
  const unknown = Object.keys(asked.arguments).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, names) ?? `Its commands: ${names.join(", ")}.`;
    throw usageFault(`--arguments names ${unknown}, which is no command of ${service}`, hint);
  }
  const start = () => ({
    stores: Object.fromEntries(centralStores.map((name) => [name, new Memory()])),
    makesStores: true,
  });
  const all = serviceCases(plugin, { config: asked.config, arguments: asked.arguments, start });
  const ready = hasOptions ? all : all.filter(({ starts }) => !starts);
  const chosen = chooseCases(ready, "service", asked);
  const leftOut = [...new Set(chosen.flatMap((one) => one.leftOut))];
  const notes = described.flatMap(findSilence);
  await tell({
    tell: "loaded",
    loaded: { kind: "service", file, service, about, commands: described, notes, leftOut },
  });
  await runCases(chosen, "service", hasOptions ? [] : [needsOptions], examined);
}

/** Whether it has the options that it needs to start. */
function checkConfig(plugin: ServicePlugin, { asked }: Examined): boolean {
  const refuse = (reason: string) => fault("plugin-config", { place: "plugin", use: asked.use, reason });
  if (plugin.config === undefined) {
    if (Object.keys(asked.config).length > 0) throw refuse("this plugin takes no options");
    return true;
  }
  const parsed = plugin.config.safeParse(asked.config);
  if (parsed.success || !asked.isConfigGiven) return parsed.success;
  throw refuse(parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; "));
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
