import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRuntime, loadConfiguration, type Report, type Runtime } from "../../core/index.ts";
import type { Plugin } from "../../core/plugin/contract.ts";
import { type Ports } from "../../core/runtime.ts";

/** The seed's four commands, byte for byte. */
export const seedDocument = readFileSync(new URL("../fixtures/seed/commands.json", import.meta.url));

/** The two applications that the seed's example speaks of. */
export const seedApplications = [
  { application_id: "monitoring-1.0", service_name: "monitoring_app" },
  { application_id: "mock_powermanagement-1.0", service_name: "power" },
];

/** A device in a folder of its own: real files, real time, as `rustiq run` would have it. */
export class Device {
  readonly folder: string;
  readonly lines: string[] = [];
  runtime: Runtime | undefined;

  constructor(folder = mkdtempSync(join(tmpdir(), "rustiq-flow-"))) {
    this.folder = folder;
  }

  /** Loads the configuration (file members as in `rustiq.json`) and makes the runtime; start it with `start` or `once`. */
  async make(
    file: object = {},
    options: { environment?: Record<string, string>; plugins?: readonly Plugin[]; ports?: Partial<Ports> } = {},
  ): Promise<Runtime> {
    writeFileSync(join(this.folder, "rustiq.json"), JSON.stringify({ device_id: "device-7", ...file }));
    const configuration = await loadConfiguration({
      environment: options.environment ?? {},
      workingFolder: this.folder,
      hostname: "host",
    });
    const { plugins = [], ports = {} } = options;
    const { nodePorts } = await import("../../core/node.ts");
    const all = { ...nodePorts(configuration, (line) => this.lines.push(line)), ...ports };
    this.runtime = await createRuntime(configuration, { plugins, ports: all });
    return this.runtime;
  }

  /** Takes what is pending, as `rustiq run --once` does, and stops. */
  async once(...made: Parameters<Device["make"]>): Promise<Awaited<ReturnType<Runtime["runOnce"]>>> {
    const runtime = await this.make(...made);
    try {
      await runtime.prepare();
      return await runtime.runOnce(10_000);
    } finally {
      await runtime.stop();
    }
  }

  /** Writes a file below `data/`, as an operator with access to the folder would. */
  put(path: string, content: string | Uint8Array): void {
    const file = join(this.folder, "data", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  send(service: string, document: unknown): void {
    this.put(`incoming/${service}/commands.json`, typeof document === "string" ? document : JSON.stringify(document));
  }

  read(path: string): string | undefined {
    const file = join(this.folder, "data", path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  report(service: string): Report {
    return JSON.parse(this.read(`status/${service}/last_monitoring_status.json`) ?? "null") as Report;
  }

  async results(service: string): Promise<readonly string[]> {
    const folder = join(this.folder, "data", "status", service, "results");
    return existsSync(folder) ? (await readdir(folder)).sort() : [];
  }

  async remove(): Promise<void> {
    await this.runtime?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until `look` answers something; fails after `limitMs`. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 10_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
