// A program of a stranger that depends on the package: it compiles, and runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, folder, insist, install, root, run, rustiq } from "./place.js";

/** Where the program is, and the package beside it. */
export const consumer = join(folder, "consumer");

/** Compiles a file in a folder where the package is installed, with the project's own compiler. */
export function compile(file, cwd, more = []) {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    outDir: "out",
  };
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file, ...more] }));
  insist(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], cwd);
}

/** Whole programs of the README: the service, and the program that runs a device around it until Ctrl+C. */
function writePrograms() {
  const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  const named = { "lamp.ts": /^export default defineService\(/m, "host.ts": /^const runtime = await createRuntime\(/m };
  for (const [name, pattern] of Object.entries(named)) {
    const found = blocks.filter((text) => pattern.test(text));
    if (found.length !== 1) fail(`the README has ${found.length} programs that could be ${name}`);
    writeFileSync(join(consumer, name), found[0]);
  }
  return Object.keys(named);
}

/** Runs the README's program as it says, ends it as its user would, and compares what it said. */
export async function tryHost() {
  writeFileSync(join(consumer, "device.json"), JSON.stringify({ device_id: "readme", plugins: ["apps"] }));
  const child = spawn(process.execPath, ["out/host.js"], { cwd: consumer, stdio: ["ignore", "pipe", "ignore"] });
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 60_000);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (said.includes("ok: ")) child.kill("SIGINT");
  });
  const [code, signal] = await once(child, "close");
  clearTimeout(giveUp);
  if (code !== 0) fail(`the README's program ended with ${code ?? signal} and said ${JSON.stringify(said)}`);
  if (said !== 'ok: {"level":40,"was":0}\n') fail(`the README's program said ${JSON.stringify(said)}`);
}

export function tryProgram(tarball) {
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  install([tarball], consumer);
  copyFileSync(join(root, "test/package/consumer.ts"), join(consumer, "consumer.ts"));
  compile("consumer.ts", consumer, writePrograms());
  const said = run(process.execPath, ["out/consumer.js"], consumer);
  if (said !== 'hello ok "hello"\n') fail(`the program said ${JSON.stringify(said)}`);
  const version = rustiq(["--version"], consumer).trim();
  if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`rustiq --version said ${version}`);
  return version;
}

/** The suite as it lies in the package, by the installed command: the same cases as in the checkout. */
export function trySuite() {
  const count = (kind) =>
    readdirSync(join(root, "test/grammar", kind))
      .flatMap((file) => readFileSync(join(root, "test/grammar", kind, file), "utf8").split("\n"))
      .filter((line) => line !== "").length;
  const suite = JSON.parse(rustiq(["grammar", "test", "--json"], consumer));
  for (const kind of ["accept", "reject"]) {
    if (suite[kind] !== count(kind)) fail(`its suite has ${suite[kind]} cases in ${kind}, not ${count(kind)}`);
  }
  if (!realpathSync(suite.folder).startsWith(realpathSync(folder))) fail(`it ran the suite of ${suite.folder}`);
}
