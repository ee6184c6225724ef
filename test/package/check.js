// Packs the project, installs the tarball into empty folders as a stranger would, compiles and runs a program against it, and builds
// and tests a copy of the plugin template.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rustiq-package-"));
const run = (program, args, cwd = folder) =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
/** Like `run`, but what the program says is shown when it fails: compilers and test runners speak on standard output. */
const insist = (program, args, cwd) => {
  try {
    return run(program, args, cwd);
  } catch (thrown) {
    process.stderr.write(thrown.stdout ?? "");
    throw thrown;
  }
};
const fail = (what) => {
  throw new Error(`the package is not whole: ${what}`);
};

/** The template as it lies in the package, in a folder of its own, with the tarball in place of a published rustiq. */
function tryTemplate(tarball) {
  const copy = join(folder, "template");
  cpSync(join(folder, "node_modules/rustiq/plugin-template"), copy, { recursive: true });
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const own = JSON.parse(readFileSync(join(copy, "package.json"), "utf8")).devDependencies;
  const tools = ["typescript", "vitest", "@types/node"];
  for (const tool of tools) {
    if (own[tool] !== devDependencies[tool])
      fail(`the template has ${tool} ${own[tool]}, not ${devDependencies[tool]}`);
  }
  const wanted = tools.map((tool) => `${tool}@${devDependencies[tool]}`);
  run("npm", ["install", "--no-audit", "--no-fund", "--save-dev", tarball, ...wanted], copy);
  insist("npm", ["run", "--silent", "build"], copy);
  for (const file of ["service/index.js", "store/index.js"]) {
    if (!existsSync(join(copy, "dist", file))) fail(`the template's build made no dist/${file}`);
  }
  if (existsSync(join(copy, "dist/service/index.test.js"))) fail("the template's build holds its tests");
  insist("npm", ["test", "--silent"], copy);
  const check = ["--no-install", "rustiq", "plugin", "check"];
  insist("npx", [...check, "./dist/service/index.js"], copy);
  insist("npx", [...check, "./dist/store/index.js", "--config", '{"room": 5000}'], copy);
}

/** The suite as it lies in the package, by the installed command: the same cases as in the checkout. */
function trySuite() {
  const count = (kind) =>
    readdirSync(join(root, "test/grammar", kind))
      .flatMap((file) => readFileSync(join(root, "test/grammar", kind, file), "utf8").split("\n"))
      .filter((line) => line !== "").length;
  const suite = JSON.parse(insist("npx", ["--no-install", "rustiq", "grammar", "test", "--json"]));
  for (const kind of ["accept", "reject"]) {
    if (suite[kind] !== count(kind)) fail(`its suite has ${suite[kind]} cases in ${kind}, not ${count(kind)}`);
  }
  if (!realpathSync(suite.folder).startsWith(realpathSync(folder))) fail(`it ran the suite of ${suite.folder}`);
}

try {
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const strangers = files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^(dist|plugin-template|test\/grammar\/(accept|reject))\/|^grammar\/(README\.md|call\.ohm)$|^(README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(
          path,
        ),
    );
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
  trySuite();
  tryTemplate(join(folder, filename));
  process.stdout.write(
    `rustiq ${version}: the packed package compiles, runs, and holds ${files.length} files; the plugin template builds\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
