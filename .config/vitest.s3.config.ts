import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { aliases } from "./aliases.js";
import { ohmRecipe } from "./ohm.js";

// Tests against a real S3 server, which S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY and S3_SECRET_KEY name. Without one they fail.
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [ohmRecipe()],
  resolve: { alias: aliases },
  test: {
    include: ["test/s3/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
  },
});
