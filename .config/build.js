// Builds `dist/`. Rolldown's own command line prints every chunk with its size, also at `--logLevel silent`: whoever starts the
// device or the tests wants to see only what went wrong.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

// The inputs of the configuration are named from here.
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const { output, ...input } = (await import("./rolldown.config.js")).default;
try {
  const bundle = await rolldown({ ...input, logLevel: "warn" });
  await bundle.write(output);
  await bundle.close();
} catch (thrown) {
  process.stderr.write(`the build failed: ${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exitCode = 1;
}
