// A program of a stranger that depends on the package: it compiles, and runs.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, folder, insist, install, root, run, rustiq } from "./place.js";

/** Where the program is, and the package beside it. */
export const consumer = join(folder, "consumer");

/** Compiles a file in a folder where the package is installed, with the project's own compiler. */
export function compile(file, cwd) {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    outDir: "out",
  };
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  insist(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], cwd);
}

export function tryProgram(tarball) {
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  install([tarball], consumer);
  copyFileSync(join(root, "test/package/consumer.ts"), join(consumer, "consumer.ts"));
  compile("consumer.ts", consumer);
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
