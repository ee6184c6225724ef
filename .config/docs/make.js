// Makes the API documentation of what the package publishes, in `dist/docs`. A public name without a docstring, a type that a
// published one needs and no entry has, and a link that leads nowhere are errors.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));

/** TypeDoc reads sources by an API that the project's own TypeScript does not have, so it lives here with one that has. */
function isInstalled() {
  try {
    const { devDependencies } = read("package.json");
    return Object.entries(devDependencies).every(
      ([name, version]) => read(`node_modules/${name}/package.json`).version === version,
    );
  } catch {
    return false;
  }
}

const isWindows = process.platform === "win32";
if (!isInstalled()) execFileSync("npm", ["ci", "--silent"], { cwd: folder, stdio: "inherit", shell: isWindows });
const typedoc = fileURLToPath(new URL("node_modules/typedoc/bin/typedoc", import.meta.url));
const { status } = spawnSync(process.execPath, [typedoc, "--options", `${folder}typedoc.json`], { stdio: "inherit" });
process.exitCode = status ?? 1;
