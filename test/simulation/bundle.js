// Node cannot run the sources as they are: the simulation and the core in it become one file, which is also much faster to start.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { aliases } from "../../.config/aliases.js";
import { ohmRecipe } from "../../.config/ohm.js";
import { applyPatch } from "./patch.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Who is to blame for an error that nobody caught follows every promise, which makes all of them slower by a third. In the
 * simulation nobody asks.
 */
const blameless = {
  name: "blameless",
  resolveId: (id) => (id === "node:async_hooks" ? "\0blameless" : undefined),
  load: (id) =>
    id === "\0blameless"
      ? {
          code: `export class AsyncLocalStorage { run(_, work, ...given) { return work(...given); } getStore() {} }
export class AsyncResource { static bind(work) { return work; } }
`,
          moduleType: "js",
        }
      : undefined,
};

/** No built-in plugin and no local API takes part in the simulation; leaving them out saves most of the bundle. */
const unused = {
  name: "unused",
  load(id) {
    if (id.endsWith("core/host/builtins.ts")) {
      return { code: "export const builtinServices = {};\nexport const builtinBackends = {};\n", moduleType: "js" };
    }
    return id.endsWith("core/http/server.ts")
      ? { code: "export const serveApi = undefined;\n", moduleType: "js" }
      : undefined;
  },
};

/** Writes the simulation's worker into `folder` and answers its path. */
export async function bundle(folder, mutant) {
  const made = await rolldown({
    cwd: root,
    input: join(root, "test/simulation/worker.ts"),
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    resolve: { alias: aliases },
    plugins: [ohmRecipe(), blameless, unused, ...(mutant === undefined ? [] : [applyPatch(mutant)])],
    external: (id) => id.startsWith("node:") && id !== "node:async_hooks",
    logLevel: "warn",
  });
  try {
    // One file: what the core imports in the middle of a run must not take real time.
    await made.write({ dir: folder, format: "esm", codeSplitting: false, comments: false });
  } finally {
    await made.close();
  }
  return join(folder, "worker.js");
}
