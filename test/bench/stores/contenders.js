// Who takes part: how each is started for each row, as its own documentation says, with its own defaults.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { program } from "../device.js";

const packages = { opendal: "0.49.1", minio: "8.0.7" };
export const contenderNames = ["bare", "sdk", "rclone", "awscli", "opendal", "minio"];

/** The text that a program answers; undefined when there is no such program. */
function ask(name, args) {
  try {
    return execFileSync(name, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

const local = (name) => fileURLToPath(new URL(name, import.meta.url));

function makeRustiq({ bucket, account, folder }) {
  const configuration = join(folder, "rustiq.json");
  const run = (...args) => ({
    program: process.execPath,
    args: [program, "store", ...args, "--config", configuration],
  });
  return {
    name: "RustiQ",
    version: ask(process.execPath, [program, "--version"]) ?? "",
    configuration: {
      path: configuration,
      content: {
        device_id: "bench",
        stores: [{ store_name: "bench", bucket_name: bucket, region: account.region, endpoint: account.endpoint }],
        plugins: [],
        log: { level: "silent" },
      },
    },
    rows: {
      "small-down": ({ prefix, folder }) => run("sync", "bench", prefix, folder),
      "small-up": ({ prefix, folder }) => run("sync", "--up", "bench", prefix, folder),
      list: ({ prefix }) => run("ls", "bench", prefix),
      "big-down": ({ key, file }) => run("get", "bench", key, file),
      "big-up": ({ key, file }) => run("put", "bench", file, key),
      mirror: ({ prefix, folder }) => run("sync", "bench", prefix, folder),
      poll: (job) => ({
        program: process.execPath,
        args: [local("poll-rustiq.js"), configuration, JSON.stringify(job)],
      }),
    },
  };
}

function makeRclone({ bucket, account }) {
  const version = /rclone (\S+)/.exec(ask("rclone", ["version"]) ?? "")?.[1];
  if (version === undefined) return { name: "rclone", absence: "apt-get install rclone" };
  const env = {
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_BENCH_TYPE: "s3",
    RCLONE_CONFIG_BENCH_PROVIDER: "Other",
    RCLONE_CONFIG_BENCH_ENV_AUTH: "true",
    RCLONE_CONFIG_BENCH_ENDPOINT: account.endpoint,
    RCLONE_CONFIG_BENCH_REGION: account.region,
  };
  const run = (...args) => ({ program: "rclone", args, env });
  const at = (key) => `bench:${bucket}/${key}`;
  return {
    name: "rclone",
    version,
    rows: {
      "small-down": ({ prefix, folder }) => run("copy", at(prefix), folder),
      "small-up": ({ prefix, folder }) => run("copy", folder, at(prefix)),
      list: ({ prefix }) => run("ls", at(prefix)),
      "big-down": ({ key, file }) => run("copyto", at(key), file),
      "big-up": ({ key, file }) => run("copyto", file, at(key)),
      // Without --checksum it asks for the time of each object on its own.
      mirror: ({ prefix, folder }) => run("sync", "--checksum", at(prefix), folder),
    },
  };
}

/** A shim of pyenv would add a start of bash to each run. */
function findAws() {
  const path = ask("sh", ["-c", "command -v aws"]);
  const isShim = path !== undefined && readFileSync(path, "latin1").slice(0, 400).includes("pyenv");
  return isShim ? ask("pyenv", ["which", "aws"]) : path;
}

function makeAws({ bucket, account }) {
  const path = findAws();
  if (path === undefined) return { name: "awscli", absence: "apt-get install awscli" };
  const env = { AWS_ENDPOINT_URL: account.endpoint, AWS_REGION: account.region, AWS_DEFAULT_REGION: account.region };
  const plain = {
    AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
    AWS_RESPONSE_CHECKSUM_VALIDATION: "when_required",
  };
  const none = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
  const run = (...args) => ({ program: path, args: ["s3", ...args], env: { ...env, ...plain, ...none } });
  const at = (key) => `s3://${bucket}/${key}`;
  return {
    name: "awscli",
    version: /aws-cli\/(\S+)/.exec(ask(path, ["--version"]) ?? "")?.[1] ?? "",
    rows: {
      "small-down": ({ prefix, folder }) => run("cp", "--recursive", "--only-show-errors", at(prefix), folder),
      "small-up": ({ prefix, folder }) => run("cp", "--recursive", "--only-show-errors", folder, at(prefix)),
      list: ({ prefix }) => run("ls", "--recursive", at(prefix)),
      "big-down": ({ key, file }) => run("cp", "--only-show-errors", at(key), file),
      "big-up": ({ key, file }) => run("cp", "--only-show-errors", file, at(key)),
      mirror: ({ prefix, folder }) => run("sync", "--only-show-errors", at(prefix), folder),
    },
  };
}

function makeLibrary(name, version, { bucket, account }, more = {}, rows = ["poll"]) {
  const { endpoint, region } = account;
  const run = (row) => (job) => ({
    program: process.execPath,
    args: [local("library.js"), row, JSON.stringify({ ...job, ...more, library: name, bucket, endpoint, region })],
  });
  const all = ["small-down", "small-up", "list", "big-down", "big-up", ...rows];
  return { name, version, rows: Object.fromEntries(all.map((row) => [row, run(row)])) };
}

/** Of the SDK that the project has. */
function sdkVersion() {
  const { dependencies } = JSON.parse(readFileSync(local("../../../package.json"), "utf8"));
  return dependencies["@aws-sdk/client-s3"];
}

/** What npm says when it did not install; undefined when it did. */
function installPackages(folder, names) {
  const wanted = names.map((name) => `${name}@${packages[name]}`);
  try {
    const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel", "error"];
    execFileSync("npm", ["install", ...quiet, "--prefix", folder, ...wanted], { encoding: "utf8", stdio: "pipe" });
    return undefined;
  } catch (thrown) {
    return String(thrown.stderr ?? thrown)
      .trim()
      .split("\n")[0];
  }
}

function makePackaged(names, place, { packages: given, installs }) {
  const folder = given ?? join(place.folder, "packages");
  const isThere = (name) => existsSync(join(folder, "node_modules", name));
  const missing = names.filter((name) => !isThere(name));
  const refusal = missing.length > 0 && installs ? installPackages(folder, names) : undefined;
  return names.map((name) => {
    const how = `npm install --no-save --prefix FOLDER ${name}@${packages[name]}, then --packages FOLDER`;
    if (!isThere(name)) return { name, absence: refusal === undefined ? how : `${how} (npm: ${refusal})` };
    try {
      const { version } = createRequire(join(folder, "x.js"))(join(folder, "node_modules", name, "package.json"));
      return makeLibrary(name, version, place, { packages: folder }, name === "minio" ? [] : ["poll"]);
    } catch (thrown) {
      return { name, absence: `it does not load: ${String(thrown.message).split("\n")[0]}` };
    }
  });
}

/** RustiQ first. One that is not installed has `absence`, which says how to install it. `place`: `{ bucket, account, folder }`. */
export function makeContenders(place, options) {
  const { only } = options;
  const packaged = ["opendal", "minio"].filter((name) => only.includes(name));
  const plain = {
    bare: () => makeLibrary("bare", process.version, place),
    sdk: () => makeLibrary("sdk", sdkVersion(), place),
    rclone: () => makeRclone(place),
    awscli: () => makeAws(place),
  };
  const chosen = only.flatMap((name) => (Object.hasOwn(plain, name) ? [plain[name]()] : []));
  return [makeRustiq(place), ...chosen, ...makePackaged(packaged, place, options)];
}
