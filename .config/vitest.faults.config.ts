import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { aliases } from "./aliases.js";
import { ohmRecipe } from "./ohm.js";

// Tests that kill the built program, break its system calls and its network: `npm run test:faults`.
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [ohmRecipe()],
  resolve: { alias: aliases },
  test: {
    include: ["test/faults/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    // Each of them keeps every core busy by itself.
    fileParallelism: false,
  },
});
