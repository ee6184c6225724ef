// Node cannot run the sources as they are: the simulation and the core in it become one file, which is also much faster to start.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { aliases } from "../../.config/aliases.js";
import { ohmRecipe } from "../../.config/ohm.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

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

/** Changes the sources as a mutant says. A text that does not stand there exactly once is an error. */
function applyPatch({ name, file, find, replace }) {
  let isApplied = false;
  return {
    name: `mutant ${name}`,
    transform(code, id) {
      if (id !== join(root, file)) return undefined;
      const count = code.split(find).length - 1;
      if (count !== 1) throw new Error(`mutant ${name}: its text stands ${count} times in ${file}`);
      isApplied = true;
      return { code: code.replace(find, () => replace) };
    },
    buildEnd() {
      if (!isApplied) throw new Error(`mutant ${name}: ${file} is not part of the bundle`);
    },
  };
}

/** Writes the simulation's worker into `folder` and answers its path. */
export async function bundle(folder, mutant) {
  const made = await rolldown({
    cwd: root,
    input: join(root, "test/simulation/worker.ts"),
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    resolve: { alias: aliases },
    plugins: [ohmRecipe(), unused, ...(mutant === undefined ? [] : [applyPatch(mutant)])],
    external: [/^node:/],
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
