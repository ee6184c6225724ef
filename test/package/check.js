// Packs the project, installs the tarball into an empty folder, and compiles and runs a program against it, as a stranger would.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rustiq-package-"));
const run = (program, args, cwd = folder) =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const fail = (what) => {
  throw new Error(`the package is not whole: ${what}`);
};

try {
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const strangers = files
    .map(({ path }) => path)
    .filter((path) => !/^(dist|plugin-template)\/|^(README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(path));
  if (strangers.length > 0) fail(`it holds ${strangers.join(", ")}`);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  run("npm", ["install", "--no-audit", "--no-fund", `./${filename}`]);
  copyFileSync(join(root, "test/package/consumer.ts"), join(folder, "consumer.ts"));
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    outDir: "out",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc")]);
  const said = run(process.execPath, ["out/consumer.js"]);
  if (said !== 'hello ok "hello"\n') fail(`the program said ${JSON.stringify(said)}`);
  const version = run("npx", ["--no-install", "rustiq", "--version"]).trim();
  if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`rustiq --version said ${version}`);
  process.stdout.write(`rustiq ${version}: the packed package compiles, runs, and holds ${files.length} files\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
