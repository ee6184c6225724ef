import { defineConfig } from "rolldown";
import { aliases } from "./aliases.js";
import { ohmRecipe } from "./ohm.js";

// Everything is bundled, dependencies too: one file read instead of hundreds is most of the difference between a start in
// a tenth of a second and one in half. What is imported dynamically (stores, services, the AWS SDK) becomes its own chunk.
export default defineConfig({
  input: {
    rustiq: "core/cli/main.ts",
    index: "core/index.ts",
    plugin: "core/plugin/index.ts",
    grammar: "grammar/index.ts",
    testkit: "core/testkit/index.ts",
  },
  platform: "node",
  tsconfig: "tsconfig.json",
  resolve: { alias: aliases },
  plugins: [ohmRecipe()],
  external: [/^node:/, "fast-check"],
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    sourcemap: false,
    minify: false,
  },
});
