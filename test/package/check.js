// Packs the project, installs the tarball into empty folders as a stranger would, compiles and runs a program against it, and builds
// and tests a copy of the plugin template.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
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

/** Whole programs of the README: the service, and the program that runs a device around it until Ctrl+C. */
function readPrograms() {
  const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  const named = { "lamp.ts": /^export default defineService\(/m, "host.ts": /^const runtime = await createRuntime\(/m };
  for (const [name, pattern] of Object.entries(named)) {
    const found = blocks.filter((text) => pattern.test(text));
    if (found.length !== 1) fail(`the README has ${found.length} programs that could be ${name}`);
    writeFileSync(join(folder, name), found[0]);
  }
  if (blocks.length !== 2) fail(`the README has ${blocks.length} programs, of which this check knows 2`);
  return Object.keys(named);
}

/** Runs the README's program as it says, ends it as its user would, and answers what it said. */
async function runHost() {
  writeFileSync(join(folder, "device.json"), JSON.stringify({ device_id: "readme", plugins: ["apps"] }));
  const child = spawn(process.execPath, ["out/host.js"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 60_000);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (said.includes("ok: ")) child.kill("SIGINT");
  });
  const [code, signal] = await once(child, "close");
  clearTimeout(giveUp);
  if (code !== 0) fail(`the README's program ended with ${code ?? signal} and said ${JSON.stringify(said)}`);
  return said;
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
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["consumer.ts", ...readPrograms()] }),
  );
  insist(process.execPath, [join(root, "node_modules/typescript/bin/tsc")]);
  const said = run(process.execPath, ["out/consumer.js"]);
  if (said !== 'hello ok "hello"\n') fail(`the program said ${JSON.stringify(said)}`);
  const hosted = await runHost();
  if (hosted !== 'ok: {"level":40,"was":0}\n') fail(`the README's program said ${JSON.stringify(hosted)}`);
  const version = run("npx", ["--no-install", "rustiq", "--version"]).trim();
  if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`rustiq --version said ${version}`);
  trySuite();
  tryTemplate(join(folder, filename));
  process.stdout.write(
    `rustiq ${version}: the packed package compiles, runs, and holds ${files.length} files; so do the programs of the README; the plugin template builds\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
