import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { aliases } from "./aliases.js";
import { ohmRecipe } from "./ohm.js";

const root = fileURLToPath(new URL("..", import.meta.url));
// Its ES modules look for reflect-metadata before the module that imports both has run.
const tsyringe = `${root}node_modules/tsyringe/dist/cjs/index.js`;
const parts = ["core/", "plugins/transfer/", "plugins/scheduler/", "plugins/apps/", "plugins/display/", "plugins/fs/"];
const apart = [
  "core/central/",
  "core/command/check.ts",
  "core/cli/",
  "core/http/",
  "core/testkit/",
  "core/guest/",
  "core/host/isolate/",
];

/** What every running device needs at once: a file for each module would cost the start more than the code itself. */
function isDevice(id) {
  const path = id.startsWith(root) ? id.slice(root.length).replaceAll("\\", "/") : "";
  return parts.some((part) => path.startsWith(part)) && !apart.some((part) => path.startsWith(part));
}

/**
 * A single character beyond Latin-1 makes V8 keep the whole file in two bytes a character, twice the memory. Escapes say the same
 * in texts, templates and regular expressions, which is where such characters stand.
 */
const asciiOnly = {
  name: "ascii-only",
  generateBundle(_, bundle) {
    const toEscape = (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
    for (const chunk of Object.values(bundle)) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: everything but ASCII is meant
      if (chunk.type === "chunk") chunk.code = chunk.code.replace(/[^\x00-\x7f]/g, toEscape);
    }
  },
};

/** `npx rustiq` in a checkout runs the built file itself. */
const executable = {
  name: "executable",
  writeBundle: (options) => chmod(`${options.dir}/rustiq.js`, 0o755),
};

// Everything is bundled, dependencies too: one file read instead of hundreds is most of the difference between a start in
// a tenth of a second and one in half. What is imported dynamically and not always needed (the parser, the AWS SDK, undici, croner)
// stays a chunk of its own. Comments go; names and lines stay, so that a stack trace can be read.
export default defineConfig({
  input: {
    rustiq: "core/cli/main.ts",
    racer: "core/cli/racer.ts",
    guest: "core/guest/main.ts",
    examiner: "core/cli/examiner.ts",
    index: "core/index.ts",
    plugin: "core/plugin/index.ts",
    grammar: "grammar/index.ts",
    testkit: "core/testkit/index.ts",
  },
  platform: "node",
  tsconfig: "tsconfig.json",
  // The AWS SDK names its ES modules in `module` only: of the CommonJS ones all would be bundled, used or not.
  resolve: { alias: { ...aliases, tsyringe }, mainFields: ["module", "main"] },
  plugins: [ohmRecipe(), asciiOnly, executable],
  external: [/^node:/],
  // An entry may carry what other files share; what the package publishes is held by a test.
  preserveEntrySignatures: "allow-extension",
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    comments: false,
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: "device", test: isDevice }] },
  },
});
