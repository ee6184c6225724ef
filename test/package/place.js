// A folder outside of the project, and how programs are run in it.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Everything is made below it, each in a folder of its own that knows nothing of the others; `check.js` removes it. */
export const folder = mkdtempSync(join(tmpdir(), "rustiq-package-"));

/** What a program prints. */
export const run = (program, args, cwd) =>
  execFileSync(program, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUSTIQ_LOG_LEVEL: "warn" },
    maxBuffer: 64 * 1024 * 1024,
  });

/** Like `run`, but what the program says is shown when it fails: compilers and test runners speak on standard output. */
export const insist = (program, args, cwd) => {
  try {
    return run(program, args, cwd);
  } catch (thrown) {
    process.stderr.write(thrown.stdout ?? "");
    throw thrown;
  }
};

/** The command line that is installed where `cwd` is. */
export const rustiq = (args, cwd) => insist("npx", ["--no-install", "rustiq", ...args], cwd);

export const install = (args, cwd) =>
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...args], cwd);

export const fail = (what) => {
  throw new Error(`the package is not whole: ${what}`);
};

/** Fails unless both are the same JSON. */
export const expectSame = (what, found, expected) => {
  const [was, wanted] = [JSON.stringify(found), JSON.stringify(expected)];
  if (was !== wanted) fail(`${what}: found ${was}, expected ${wanted}`);
};
