import { existsSync, readFileSync, statSync } from "node:fs";
import { register } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Runs in Node's loader thread: `rustiq/plugin` and its sisters mean the running copy wherever the importing file lies, so there is
 * one contract and one zod; a package name is looked up from the folder of the configuration.
 */
const hook = `
let entries = {};
export const initialize = (data) => { entries = data.entries; };
export async function resolve(specifier, context, next) {
  if (Object.hasOwn(entries, specifier)) return { url: entries[specifier], shortCircuit: true };
  const found = /^rustiq-package:([^?]+)\\?from=(.+)$/.exec(specifier);
  if (found === null) return next(specifier, context);
  return next(decodeURIComponent(found[1]), { ...context, parentURL: decodeURIComponent(found[2]) });
}`;

/** The folder of this very package, found upwards from this file wherever the build has put it. */
function packageRoot(): URL {
  for (let at = new URL(".", import.meta.url); ; at = new URL("..", at)) {
    const manifest = new URL("package.json", at);
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "rustiq") return at;
    if (at.pathname === "/") throw new Error("the package rustiq is not whole: its package.json is missing");
  }
}

function runtimeVersion(): string {
  return JSON.parse(readFileSync(new URL("package.json", packageRoot()), "utf8")).version;
}

/** An entry of the built product, such as `testkit.js`. */
export function builtEntry(name: string): URL {
  return new URL(`dist/${name}`, packageRoot());
}

/** What is imported for a folder that is a package: its main entry, which the package itself names. Throws with the reason. */
function mainEntry(folder: string): { readonly name: string } | { readonly path: string } {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) throw new Error(`${folder} is a folder without a package.json; name the file itself`);
  const { name, exports, main } = JSON.parse(readFileSync(manifest, "utf8"));
  if (exports === undefined || typeof name !== "string") return { path: join(folder, main ?? "index.js") };
  const ways = typeof exports === "object" && exports !== null ? Object.keys(exports) : ["."];
  if (ways.every((way) => way.startsWith(".")) && !ways.includes(".")) {
    throw new Error(`${manifest} exports ${ways.join(", ") || "nothing"} and no "."; name one of its files`);
  }
  return { name };
}

/** The door to Node's module loader. */
export interface Modules {
  /** Finds what `use` names: a file, a package's folder, or a package as seen from `folder`. Throws with the reason. */
  locate(use: string, folder: string): Located;
  /** The version of this runtime. */
  version(): string;
}

interface Located {
  /** Where the plugin came from, for messages. */
  readonly file: string;
  import(): Promise<unknown>;
}

function locatePackage(name: string, folder: string): Located {
  const from = pathToFileURL(resolve(folder, "rustiq.json")).href;
  const specifier = `rustiq-package:${encodeURIComponent(name)}?from=${encodeURIComponent(from)}`;
  return { file: name, import: () => import(specifier) };
}

/** Node's own loader, with this runtime's entries in the place of `rustiq/…`. */
export function nodeModules(): Modules {
  let isInstalled = false;
  const installHook = () => {
    if (isInstalled) return;
    isInstalled = true;
    const entries = {
      rustiq: builtEntry("index.js").href,
      "rustiq/plugin": builtEntry("plugin.js").href,
      "rustiq/grammar": builtEntry("grammar.js").href,
      "rustiq/testkit": builtEntry("testkit.js").href,
    };
    register(`data:text/javascript,${encodeURIComponent(hook)}`, { data: { entries } });
  };
  const locateFile = (path: string): Located => {
    if (!existsSync(path)) throw new Error(`${path} does not exist`);
    if (!statSync(path).isDirectory()) return { file: path, import: () => import(pathToFileURL(path).href) };
    const main = mainEntry(path);
    return "path" in main ? locateFile(main.path) : { ...locatePackage(main.name, path), file: path };
  };
  return {
    locate: (use, folder) => {
      installHook();
      if (use.startsWith(".") || isAbsolute(use)) return locateFile(resolve(folder, use));
      return locatePackage(use, folder);
    },
    version: runtimeVersion,
  };
}
