// A built runtime in a folder of its own, and what the operating system says of its processes.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const program = fileURLToPath(new URL("../../dist/rustiq.js", import.meta.url));

/** The middle of the values. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

export function makeFolder(configuration) {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-bench-"));
  writeFileSync(join(folder, "rustiq.json"), JSON.stringify(configuration));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function put(folder, path, text) {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

/** Starts `rustiq run`; resolves at its `ready` line with the milliseconds that took. */
export function startDevice(folder, environment = {}) {
  const begun = performance.now();
  const child = spawn(process.execPath, [program, "run"], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGTERM");
    });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the device ended with ${code} before it was ready`)));
    child.stdout.once("data", () => resolve({ pid: child.pid, ms: performance.now() - begun, stop }));
  });
}

/** Milliseconds that `node -e 0` takes from spawn to exit. */
export function startBareNode() {
  const begun = performance.now();
  execFileSync(process.execPath, ["-e", "0"]);
  return performance.now() - begun;
}

/** Resident memory of a process in MB. */
export function residentMb(pid) {
  const [, kb = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1024;
}

/** Processor time of a process so far in milliseconds, user and system. */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The environment of a device on an S3 server: the one that S3_ENDPOINT names, else a port where nobody listens. */
export function s3Environment(prefix) {
  const { S3_ENDPOINT = "http://127.0.0.1:9", S3_REGION = "us-east-1", S3_BUCKET = "rustiq-bench" } = process.env;
  const { host, protocol } = new URL(S3_ENDPOINT);
  const stores = ["config", "apps", "incoming", "contents", "status"].map((name) => ({
    store_name: name,
    bucket_name: S3_BUCKET,
    region: S3_REGION,
    prefix: `${prefix}/${name}`,
  }));
  return {
    STORE_CONFIGURATION: JSON.stringify(stores),
    S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: host,
    S3_STORE_CUSTOM_HTTP_SCHEME: protocol.slice(0, -1),
    AWS_ACCESS_KEY_ID: process.env.S3_ACCESS_KEY ?? "bench",
    AWS_SECRET_ACCESS_KEY: process.env.S3_SECRET_KEY ?? "bench-secret",
  };
}
