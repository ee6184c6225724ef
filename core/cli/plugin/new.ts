import { dirname, relative, resolve } from "node:path";
import { reasonOf } from "../../errors.ts";
import { nodeModules } from "../../ports/modules.ts";
import { makeFolderWhole, readOwnText } from "../../ports/new-folder.ts";
import { findObstacle, nodeFiles } from "../../ports/node-files.ts";
import { exitCodes, usageFault } from "../failure.ts";
import type { PluginNewOptions } from "../groups/plugin.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import { quoteWord } from "./again.ts";
import { checkNewName } from "./name.ts";
import { fillTemplate, type NewPlugin, packageName, templateFiles } from "./template.ts";

/** `rustiq plugin new`: a folder with a plugin that passes its own tests. Nothing is overwritten, and nothing is left half made. */
export async function makePlugin(
  kind: NewPlugin["kind"],
  name: string,
  given: string | undefined,
  options: PluginNewOptions,
  terminal: Terminal,
): Promise<number> {
  checkNewName(name);
  if (given === "") throw usageFault("the folder has an empty name", "Name a folder, or leave it out.");
  const folder = resolve(given ?? packageName({ name }));
  await checkFree(folder);
  const version = nodeModules().version();
  const rustiq = await settleSource(options.rustiq ?? `^${version}`, folder);
  const template = new Map<string, string>();
  for (const file of templateFiles(kind)) template.set(file, await readTemplate(file));
  const made = { kind, name, isJavaScript: options.javascript === true, version, rustiq };
  const files = fillTemplate(made, (file) => template.get(file) ?? "");
  if (!(await make(folder, files))) throw taken(folder);
  const shown = relative(process.cwd(), folder);
  const next = [`cd ${quoteWord(shown)}`, "npm install", "npm test"];
  if (options.json === true) {
    terminal.printJson({ kind, name, package: packageName({ name }), folder, files: [...files.keys()], rustiq, next });
    return exitCodes.done;
  }
  terminal.print(
    `${makeVisible(shown)}: the ${kind} ${name}, its test, and a README that goes on to the published package\n`,
  );
  for (const command of next) terminal.print(`  ${makeVisible(command)}`);
  if (options.rustiq === undefined) terminal.print(tellOffline(made, given, version));
  return exitCodes.done;
}

/** For whoever cannot install it: the same command with a tarball, which takes the place of what was made. */
function tellOffline({ kind, name, isJavaScript }: NewPlugin, folder: string | undefined, version: string): string {
  const words = ["rustiq plugin new", kind, name, ...(folder === undefined ? [] : [quoteWord(folder)])];
  if (isJavaScript) words.push("--javascript");
  words.push("--rustiq", `./rustiq-${version}.tgz`);
  const how =
    "where rustiq is in no registry: `npm pack` in its checkout makes a tarball; remove the folder, and make it with";
  return `\n${how}\n\n  ${makeVisible(words.join(" "))}`;
}

function readTemplate(file: string): Promise<string> {
  return readOwnText(new URL(`plugin-template/${file}`, import.meta.resolve("rustiq/package.json")));
}

function taken(folder: string) {
  return usageFault(
    `${makeVisible(folder)} is there already and is no empty folder; nothing was changed`,
    "Name another folder behind the plugin's name, or move this one away.",
  );
}

/** Throws "usage" where the folder cannot be made, before anything is. */
async function checkFree(folder: string): Promise<void> {
  if (folder === process.cwd()) {
    const hint = "Give the name of a folder that is to be made in it, or leave the folder out.";
    throw usageFault("the folder is the one you are in, which cannot be put in place whole", hint);
  }
  const files = nodeFiles();
  // What cannot be looked at is no empty folder.
  const entries = await files.list(folder).catch(() => [{ name: "?" }]);
  const isThere = entries === undefined ? await exists(folder) : entries.length > 0;
  if (isThere) throw taken(folder);
  const obstacle = await findObstacle(dirname(folder));
  if (obstacle !== undefined) throw unmakable(folder, obstacle.reason);
}

/** Anything of that name in the folder above, also what no listing goes into. */
async function exists(path: string): Promise<boolean> {
  const siblings = await nodeFiles()
    .list(dirname(path))
    .catch(() => undefined);
  return siblings?.some(({ name }) => resolve(dirname(path), name) === path) ?? false;
}

function unmakable(folder: string, reason: string) {
  return usageFault(
    `${makeVisible(folder)} cannot be made: ${makeVisible(reason)}`,
    "Name a folder that this user may make.",
  );
}

async function make(folder: string, files: ReadonlyMap<string, string>): Promise<boolean> {
  try {
    return await makeFolderWhole(folder, files);
  } catch (thrown) {
    throw unmakable(folder, reasonOf(thrown));
  }
}

/** A tarball or folder is named from here, as for `npm install`, and stands in package.json as seen from the new folder. */
async function settleSource(spec: string, folder: string): Promise<string> {
  const [, path] = /^(?:file:)?((?:\.{1,2}(?:\/|$)|\/).*|[^:@]*\.tgz)$/.exec(spec) ?? [];
  if (path === undefined) {
    if (/^[\w.^~*<>=|@:/+# -]+$/.test(spec)) return spec;
    throw usageFault(`--rustiq ${JSON.stringify(spec)} is no version, path or address`, "Give one as for npm install.");
  }
  const whole = resolve(path);
  const files = nodeFiles();
  const isThere = (await files.size(whole)) !== undefined || (await files.list(whole)) !== undefined;
  if (!isThere)
    throw usageFault(`--rustiq: there is no ${makeVisible(whole)}`, "Make it with `npm pack` in a checkout of rustiq.");
  return `file:${relative(folder, whole).replaceAll("\\", "/")}`;
}
