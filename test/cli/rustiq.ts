import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The built command line: what users start. */
const program = join(root, "dist/rustiq.js");

if (!existsSync(program)) execFileSync(process.execPath, [join(root, ".config/build.js")]);

const folders: string[] = [];
const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A service whose commands take their time, and one that loses a rejection; stands in the folder of the configuration. */
const slowPlugin = `
import { writeFileSync } from "node:fs";
import { defineService, z } from "rustiq/plugin";
const wait = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => resolve(ms), ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
});
export default defineService({
  api: 1, service: "slow", about: "Takes its time.",
  commands: {
    wait: { about: "Waits.", args: { ms: z.int() }, result: z.int(), effect: "idempotent", timeoutMs: 60000 },
    lose: { about: "Loses a rejection.", args: {}, result: z.null(), effect: "read" },
    again: { about: "Restarts the device.", args: {}, result: z.null(), effect: "once" },
    fail: { about: "Fails.", args: { text: z.string() }, result: z.null(), effect: "read" },
  },
  start: () => ({
    wait: ({ ms }, { signal }) => {
      writeFileSync("begun", "");
      return wait(ms, signal);
    },
    lose: () => { setTimeout(() => void Promise.reject(new Error("nobody caught this")), 10); return null; },
    again: (_, { restart }) => restart(),
    fail: ({ text }) => { throw new Error(text); },
  }),
});
`;

/** A folder of its own with a configuration: five folder stores, the built-in services and \`slow\`. */
export function makeDevice(configuration: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-cli-"));
  folders.push(folder);
  writeFileSync(join(folder, "slow.mjs"), slowPlugin);
  const complete = {
    device_id: "bench-7",
    plugins: ["transfer", "scheduler", "apps", "display", "./slow.mjs"],
    poll: { interval_ms: 1000 },
    ...configuration,
  };
  writeFileSync(join(folder, "rustiq.json"), JSON.stringify(complete));
  return folder;
}

/** An empty folder: the embedded default. */
export function makeEmptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-cli-"));
  folders.push(folder);
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard output holds the text. */
  sees(text: string): Promise<void>;
  /** Its log so far. */
  log(): string;
}

/** Starts `rustiq` with these arguments in a folder. */
export function start(
  folder: string,
  args: readonly string[],
  more: { readonly input?: string | Buffer; readonly environment?: Readonly<Record<string, string>> } = {},
): Started {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...more.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.add(child);
  let [stdout, stderr] = ["", ""];
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const watch of watchers) watch();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(more.input ?? "");
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      children.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  const sees = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const watch = () => {
        if (!stdout.includes(text)) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
      void ended.then(() => reject(new Error(`ended without "${text}":\n${stdout}\n${stderr}`)));
    });
  return { child, ended, sees, log: () => stderr };
}

/** Runs `rustiq` to its end. */
export function rustiq(
  folder: string,
  args: readonly string[],
  more: Parameters<typeof start>[2] = {},
): Promise<Ended> {
  return start(folder, args, more).ended;
}

/** A device that is ready. */
export async function startDevice(folder: string, args: readonly string[] = []): Promise<Started> {
  const device = start(folder, ["run", ...args]);
  await device.sees("ready device=");
  return device;
}

/** Puts a file below the folder; folders are made. */
export function put(folder: string, name: string, content: unknown): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

export function readJson(folder: string, name: string) {
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
}

/** Whether a text holds a JavaScript stack. */
export const stack = /\n\s+at .+[:(]\d+/;
