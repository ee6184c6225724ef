import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { aliases } from "./aliases.js";
import { ohmRecipe } from "./ohm.js";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [ohmRecipe()],
  resolve: { alias: aliases },
  test: {
    include: ["test/**/*.test.ts", "plugin-template/**/*.test.ts"],
    // Against a real S3 server: `npm run test:s3`; with real kills, mounts and clocks: `npm run test:faults`.
    exclude: ["test/s3/**", "test/faults/**"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Half of the time the tests wait for disks, sockets and clocks: more of them than cores.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
