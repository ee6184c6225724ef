// `npm run soak`: a device under mixed traffic and faults for an hour. See --help.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";
import { aliases } from "../../.config/aliases.js";
import { ohmRecipe } from "../../.config/ohm.js";

const help = `Runs a device with mixed traffic behind a faulty proxy, and expects memory, sockets, files and handles to stay what they are,
no wrong byte, and no command lost or done twice. Needs Linux and the S3 server of S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY.

npm run soak -- [options]
  --minutes N         how long (default 60)
  --sample SECONDS    between two looks at the device's process (default 10)
  --seed N            another seed gives another course (default 1)
  --json              the summary as JSON, with all samples
  --help              this text

Flat means, after a tenth of warm-up: the slope (Theil-Sen) over all samples, and the last quarter against the second one in median and
90th percentile, come to at most 10 %, and a slack for what is under way by chance: 8 MiB resident, 1 MiB heap after a collection, 16 MiB buffers,
8 sockets, 8 files, 24 handles, 8 unfinished files. At rest 8 sockets may be open. A soak of few minutes says little.
Ends with 0 when it passes, 1 when not, 2 when it was called wrongly, 130 when it was interrupted.
`;

const root = fileURLToPath(new URL("../..", import.meta.url));

function refuse(reason) {
  process.stderr.write(`${reason}\n\n${help}`);
  process.exit(2);
}

function readOptions() {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  try {
    const options = { minutes: text, sample: text, seed: text, json: flag, help: flag };
    return parseArgs({ options, strict: true }).values;
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function readNumber(name, value, otherwise) {
  const number = Number(value ?? otherwise);
  if (Number.isFinite(number) && number > 0) return number;
  return refuse(`--${name} ${value}: expected a number above 0`);
}

/** Node cannot run the sources as they are. Operator and device become files of their own: each is a process. */
async function bundle(folder) {
  const made = await rolldown({
    cwd: root,
    input: {
      main: join(root, "test/soak/main.ts"),
      tell: join(root, "test/soak/tell.ts"),
      device: join(root, "test/soak/device.ts"),
    },
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    resolve: { alias: aliases },
    plugins: [ohmRecipe()],
    external: [/^node:/],
    logLevel: "warn",
  });
  try {
    await made.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" });
  } finally {
    await made.close();
  }
}

const given = readOptions();
if (given.help) {
  process.stdout.write(help);
  process.exit(0);
}
const missing = ["S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY"].filter((name) => !process.env[name]);
if (missing.length > 0) refuse(`npm run soak needs an S3 server: set ${missing.join(", ")}`);
const minutes = readNumber("minutes", given.minutes, 60);
const sampleSeconds = readNumber("sample", given.sample, 10);
const seed = readNumber("seed", given.seed, 1);

const controller = new AbortController();
// Once more ends it at once, and leaves what was put.
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => controller.abort(new Error("interrupted")));
const isWatched = process.stderr.isTTY === true;
const tell = (text) => isWatched && process.stderr.write(`\r\x1b[K${text}`);
const folder = mkdtempSync(join(tmpdir(), "rustiq-soak-"));
try {
  await bundle(folder);
  const { soak } = await import(pathToFileURL(join(folder, "main.js")).href);
  const { showSummary } = await import(pathToFileURL(join(folder, "tell.js")).href);
  const program = join(folder, "device.js");
  const summary = await soak({ minutes, sampleSeconds, seed, folder, program, tell, signal: controller.signal });
  const lines = given.json ? [JSON.stringify(summary, undefined, 2)] : showSummary(summary);
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = summary.passed ? 0 : 1;
} catch (thrown) {
  const isInterrupted = controller.signal.aborted;
  process.stderr.write(isInterrupted ? "interrupted; what was put is removed\n" : `${thrown?.stack ?? thrown}\nFAIL\n`);
  process.exitCode = isInterrupted ? 130 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
