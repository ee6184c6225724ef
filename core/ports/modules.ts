import { existsSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { isAbsolute, resolve } from "node:path";
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

/** The door to Node's module loader. */
export interface Modules {
  /** Finds what `use` names: a path, or a package as seen from `folder`. Throws with the reason. */
  locate(use: string, folder: string): Located;
  /** The version of this runtime. */
  version(): string;
}

interface Located {
  /** Where the plugin came from, for messages. */
  readonly file: string;
  import(): Promise<unknown>;
}

/** Node's own loader, with this runtime's entries in the place of `rustiq/…`. */
export function nodeModules(): Modules {
  let isInstalled = false;
  const installHook = () => {
    if (isInstalled) return;
    isInstalled = true;
    const dist = new URL("dist/", packageRoot());
    const entries = {
      rustiq: new URL("index.js", dist).href,
      "rustiq/plugin": new URL("plugin.js", dist).href,
      "rustiq/grammar": new URL("grammar.js", dist).href,
      "rustiq/testkit": new URL("testkit.js", dist).href,
    };
    register(`data:text/javascript,${encodeURIComponent(hook)}`, { data: { entries } });
  };
  return {
    locate: (use, folder) => {
      installHook();
      if (use.startsWith(".") || isAbsolute(use)) {
        const path = resolve(folder, use);
        if (!existsSync(path)) throw new Error(`${path} does not exist`);
        return { file: path, import: () => import(pathToFileURL(path).href) };
      }
      const from = pathToFileURL(resolve(folder, "rustiq.json")).href;
      const specifier = `rustiq-package:${encodeURIComponent(use)}?from=${encodeURIComponent(from)}`;
      return { file: use, import: () => import(specifier) };
    },
    version: runtimeVersion,
  };
}
