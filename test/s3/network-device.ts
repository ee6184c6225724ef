import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Started, start } from "../cli/rustiq.ts";
import { effectPlugin } from "../faults/network-effects.ts";
import { readServer } from "./server.ts";

/** One line of the outside file. */
export interface Effect {
  readonly effect: "once" | "idempotent";
  readonly name: string;
  readonly note: string;
}

/** The built program in a folder of its own, whose stores are reached through a proxy. */
export class NetworkDevice {
  readonly folder = mkdtempSync(join(tmpdir(), "rustiq-network-"));
  readonly #environment: Readonly<Record<string, string>>;
  readonly #lives: Started[] = [];
  #running: Started | undefined;

  /** `prefix` is where the device's stores begin in the bucket. */
  constructor(endpoint: string, bucket: string, prefix: string, services: readonly string[]) {
    const { keys, region } = readServer();
    const { host } = new URL(endpoint);
    this.#environment = {
      STORE_CONFIGURATION: JSON.stringify(
        ["incoming", "status"].map((name) => ({
          store_name: name,
          bucket_name: bucket,
          region,
          prefix: `${prefix}/${name}`,
        })),
      ),
      S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: host,
      S3_STORE_CUSTOM_HTTP_SCHEME: "http",
      AWS_ACCESS_KEY_ID: keys.access_key_id,
      AWS_SECRET_ACCESS_KEY: keys.secret_access_key,
    };
    for (const service of services)
      writeFileSync(join(this.folder, `${service}.mjs`), effectPlugin(service, this.#effectsFile));
    const configuration = {
      device_id: "device-7",
      plugins: services.map((service) => `./${service}.mjs`),
      poll: { interval_ms: 150 },
      heartbeat_ms: 2000,
      limits: { request_ms: 1500 },
      log: { level: "debug" },
    };
    writeFileSync(join(this.folder, "rustiq.json"), JSON.stringify(configuration));
  }

  get #effectsFile(): string {
    return join(this.folder, "effects.jsonl");
  }

  /** Starts `rustiq run` and waits until it is ready. */
  async start(): Promise<void> {
    this.#running = this.#spawn(["run"]);
    await this.#running.sees("ready device=");
  }

  /** SIGKILL; nothing is running when it resolves. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** `rustiq run --once`; resolves to the exit code. */
  async runOnce(): Promise<number | null> {
    return (await this.#spawn(["run", "--once"]).ended).code;
  }

  /** What was done, in order. */
  effects(): readonly Effect[] {
    if (!existsSync(this.#effectsFile)) return [];
    const lines = readFileSync(this.#effectsFile, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    return lines.map((line) => {
      const [effect, name, note] = JSON.parse(line) as [Effect["effect"], string, string];
      return { effect, name, note };
    });
  }

  /** What the device said, for the message of a failing test. */
  log(): string {
    return this.#lives.map(({ log }) => log()).join("\n");
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[]): Started {
    const started = start(this.folder, args, { environment: this.#environment });
    this.#lives.push(started);
    return started;
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const running = this.#running;
    this.#running = undefined;
    running?.child.kill(signal);
    return (await running?.ended)?.code ?? null;
  }
}
