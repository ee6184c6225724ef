import { hostname as nameOfHost } from "node:os";
import { basename, dirname, join } from "node:path";
import { nodeFiles } from "../ports/node-files.ts";
import { applicationSchema, checkApplications, readProperties } from "./applications.ts";
import { completeConfiguration, findOddities } from "./complete.ts";
import type { Configuration, StoreEntry } from "./configuration.ts";
import { readVariables, type VariableLayer, type Variables } from "./environment.ts";
import { ConfigurationFault, FaultList } from "./fault.ts";
import { type FileContent, readConfigurationFile, recognise } from "./file.ts";
import { checkPlugins, expandPlugins } from "./plugins.ts";
import { type FileSettings, fileSchema } from "./schema.ts";
import { maskValue } from "./secrets.ts";
import { readStores } from "./stores.ts";

/** Where a configuration comes from. */
export interface LoadOptions {
  /** Absolute, or relative to the working folder; without it `rustiq.json` there, if it exists. */
  readonly file?: string | undefined;
  /** Variables by name, as in `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly workingFolder: string;
  /** The device id without any other, made legal. */
  readonly hostname: string;
}

/**
 * SPEC 2: the file, the environment on top, the embedded default below; nothing is written. Throws "config-unreadable", or one
 * `ConfigurationFault` "config-invalid" that holds every fault of the whole configuration.
 */
export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
  const file = await readConfigurationFile(nodeFiles(), options.file, options.workingFolder);
  const folder = file === undefined ? options.workingFolder : dirname(file.path);
  const faults = new FaultList(file === undefined ? "environment" : basename(file.path));
  maskValue(options.environment, (secret) => faults.hide([secret]));

  const content = file === undefined ? undefined : recognise(file, faults);
  maskValue(content, (secret) => faults.hide([secret]));
  const warnings = new Set<string>();
  const layers: VariableLayer[] = [{ prefix: "", values: options.environment }];
  if (content?.form === "application") layers.push(readDefinition(content.members, faults));
  const variables = readVariables(layers, faults, warnings);
  const settings = content?.form === "configuration" ? readSettings(content.members, faults) : {};
  const stores = chooseStores(content, variables, {
    folder,
    variables,
    faults,
    warnings,
    replaced: replacedBy(settings),
  });

  if (faults.all.length > 0) {
    throw new ConfigurationFault(faults.all, file === undefined ? "environment" : `file ${file.path}`);
  }
  const complete = completeConfiguration({ settings, variables, stores, folder, hostname: options.hostname });
  const told = [...warnings, ...findOddities(complete)];
  return { ...complete, warnings: told.map((warning) => faults.scrub(warning)) };
}

/** `loadConfiguration` with this process's environment, working folder and host name for what is not given. */
export function loadFromProcess(options: { readonly [Name in keyof LoadOptions]?: LoadOptions[Name] | undefined }) {
  return loadConfiguration({
    file: options.file,
    environment: options.environment ?? processEnvironment(),
    workingFolder: options.workingFolder ?? process.cwd(),
    hostname: options.hostname ?? nameOfHost(),
  });
}

function replacedBy({ plugins = [] }: FileSettings): ReadonlySet<string> {
  return new Set(plugins.flatMap(({ replaces }) => (replaces === undefined ? [] : [replaces])));
}

function readDefinition(members: Readonly<Record<string, unknown>>, faults: FaultList): VariableLayer {
  const parsed = applicationSchema.safeParse(members);
  if (!parsed.success) faults.addIssues(parsed.error, members, "");
  return { prefix: "additional_properties.", values: readProperties(members["additional_properties"]) };
}

function readSettings(members: Readonly<Record<string, unknown>>, faults: FaultList): FileSettings {
  const expanded = expandPlugins(members);
  checkApplications(expanded["applications"], faults);
  checkPlugins(expanded["plugins"], faults);
  const parsed = fileSchema.safeParse(expanded);
  if (parsed.success) return parsed.data;
  faults.addIssues(parsed.error, expanded, "");
  return {};
}

/** The environment's list replaces the file's (SPEC 2), which is then not looked at. */
function chooseStores(
  content: FileContent | undefined,
  variables: Variables,
  around: Parameters<typeof readStores>[2],
): StoreEntry[] {
  if (variables.stores !== undefined) {
    const { value, root } = variables.stores;
    return value === undefined ? [] : readStores(value, root, around);
  }
  if (content?.form === "stores") return readStores(content.value, "", around);
  if (content?.form === "application") {
    const places = ["AWS_STORE_CONFIGURATION", "STORE_CONFIGURATION"].map((name) => `additional_properties.${name}`);
    const isTold = around.faults.all.some(({ place }) => places.includes(place));
    const hint = "add it, or set STORE_CONFIGURATION in the environment";
    if (!isTold) around.faults.add(places[0] ?? "", "nothing", "the store list as JSON text", hint);
    return [];
  }
  const listed = content?.form === "configuration" ? content.members["stores"] : undefined;
  if (listed !== undefined) return readStores(listed, "stores", around);
  return ["config", "apps", "incoming", "contents", "status"].map((name) => ({
    name,
    backend: "fs",
    prefix: "",
    options: { path: join(around.folder, "data", name) },
  }));
}

/** This process's environment, for the ports that pass single variables on. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
