import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../../core/index.ts";
import { eventually } from "../flows/device.ts";
import { effectPlugin } from "./network-effects.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/rustiq.js");
if (!existsSync(program)) execFileSync(process.execPath, [join(root, ".config/build.js")]);

/** Milliseconds in which a device starts or ends; a tenth of it is usual. */
const lifeMs = 20_000;

/** What a process is started with beside its own arguments. */
export interface Around {
  /** A command that runs the device in its own surroundings: `["unshare", "--net"]`. */
  readonly within?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What \`finish\` answers when everything was done and delivered. */
export const nothingLeft = { code: 0, open: [], waiting: [] };

/** One run of the built program. */
export class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #said = "";

  constructor(folder: string, args: readonly string[], { within = [], environment = {} }: Around) {
    const [file = "", ...rest] = [...within, process.execPath, program, ...args];
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, ...environment };
    this.#child = spawn(file, rest, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
      });
    this.#ended = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything on standard output and standard error. */
  get said(): string {
    return this.#said;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the device has said it. */
  async says(text: string | RegExp, limitMs = lifeMs): Promise<void> {
    await eventually(
      `"${text}" is said`,
      () => {
        if (this.#said.search(text) >= 0) return true;
        if (!this.isAlive) throw new Error(`the device ended without "${text}":\n${this.#said}`);
        return undefined;
      },
      limitMs,
    );
  }

  /** The exit code; null after a signal. */
  async end(limitMs = lifeMs): Promise<number | null> {
    const late = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`the device did not end within ${limitMs} ms:\n${this.#said}`));
      setTimeout(fail, limitMs).unref();
    });
    return Promise.race([this.#ended, late]);
  }

  /** Sends the signal and waits for the end. */
  stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    return this.end();
  }
}

/** The built program with folder stores, its state wherever a test wants it, and a service `alpha` that leaves traces. */
export class EnvironmentDevice {
  readonly folder = mkdtempSync(join(tmpdir(), "rustiq-environment-"));
  readonly stateDir: string;
  readonly #runs: Running[] = [];

  constructor(options: { readonly stateDir?: string; readonly limits?: object } = {}) {
    this.stateDir = options.stateDir ?? join(this.folder, "state");
    writeFileSync(join(this.folder, "alpha.mjs"), effectPlugin("alpha", this.#effectsFile));
    const configuration = {
      device_id: "device-7",
      state_dir: this.stateDir,
      plugins: ["./alpha.mjs"],
      poll: { interval_ms: 200 },
      heartbeat_ms: 500,
      limits: options.limits ?? {},
    };
    writeFileSync(join(this.folder, "rustiq.json"), JSON.stringify(configuration));
  }

  get #effectsFile(): string {
    return join(this.folder, "effects.jsonl");
  }

  /** Starts `rustiq run`, ready or not. */
  launch(around: Around = {}, args: readonly string[] = ["run"]): Running {
    const running = new Running(this.folder, args, around);
    this.#runs.push(running);
    return running;
  }

  /** Starts `rustiq run` and waits until it is ready. */
  async start(around: Around = {}): Promise<Running> {
    const running = this.launch(around);
    await running.says("ready device=");
    return running;
  }

  /** Puts a command document as a careful sender does: whole or not at all. */
  send(id: string, commands: readonly string[], more: object = {}): void {
    this.sendText(JSON.stringify({ id, ...more, commands: commands.map((command) => ({ command })) }));
  }

  sendText(text: string): void {
    const folder = join(this.folder, "data/incoming/alpha");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, ".sent"), text);
    renameSync(join(folder, ".sent"), join(folder, "commands.json"));
  }

  /** Below `data/status/alpha`. */
  read(name: string): string | undefined {
    const file = join(this.folder, "data/status/alpha", name);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  results(): readonly string[] {
    const folder = join(this.folder, "data/status/alpha/results");
    return existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => !name.startsWith("."))
          .sort()
      : [];
  }

  /** The report of a batch, as soon as it is there. */
  async report(id: string, limitMs = 15_000): Promise<Report> {
    try {
      const text = await eventually(`the result of ${id}`, () => this.read(`results/${id}.json`), limitMs);
      return JSON.parse(text) as Report;
    } catch (thrown) {
      throw new Error(`${String(thrown)}\n${this.log}`);
    }
  }

  /** Names of what was done, in order; once for every time. */
  get done(): readonly string[] {
    if (!existsSync(this.#effectsFile)) return [];
    const lines = readFileSync(this.#effectsFile, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    return lines.map((line) => String((JSON.parse(line) as unknown[])[1]));
  }

  /** Stops the device for good: its exit code, and what its journal says is left to do. Heartbeats may wait. */
  async finish(
    running: Running,
  ): Promise<{ code: number | null; open: readonly string[]; waiting: readonly string[] }> {
    const code = await running.stop();
    const reader = this.launch({}, ["journal", "--json"]);
    await reader.end();
    const journal = JSON.parse(reader.said) as {
      services: { service: string; open: unknown }[];
      waiting: { key: string }[];
    };
    const open = journal.services.filter((state) => state.open !== null).map(({ service }) => service);
    return { code, open, waiting: journal.waiting.map(({ key }) => key).filter((key) => !key.startsWith("device/")) };
  }

  /** What every run has said, for messages. */
  get log(): string {
    return this.#runs.map(({ said }) => said).join("\n---\n");
  }

  async remove(): Promise<void> {
    for (const running of this.#runs) if (running.isAlive) await running.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
