import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Configuration } from "../../core/config/configuration.ts";
import { ConfigurationFault } from "../../core/config/fault.ts";
import { loadConfiguration } from "../../core/config/load.ts";

export interface Given {
  /** The text of rustiq.json, or its value. */
  readonly file?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly hostname?: string;
}

/** A wrong configuration, and every line that its fault must hold. */
export type Wrong = readonly [title: string, given: Given, lines: readonly string[]];

/** Runs `use` in a new folder that holds the given file and is gone afterwards. */
export async function inFolder<T>(file: unknown, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-config-"));
  try {
    if (file !== undefined) {
      writeFileSync(join(folder, "rustiq.json"), typeof file === "string" ? file : JSON.stringify(file));
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Loads what is given; the folder's path reads `/device` in the answer. */
export function load(given: Given): Promise<Configuration> {
  return inFolder(given.file, async (folder) => {
    const configuration = await loadConfiguration({
      environment: given.environment ?? {},
      workingFolder: folder,
      hostname: given.hostname ?? "host-1",
    });
    return JSON.parse(JSON.stringify(configuration).replaceAll(folder, "/device")) as Configuration;
  });
}

/** The fault that loading gives, and the names that lie in the folder afterwards. */
export function loadFault(given: Given): Promise<{ fault: ConfigurationFault; names: string[] }> {
  return inFolder(given.file, async (folder) => {
    const options = { environment: given.environment ?? {}, workingFolder: folder, hostname: "host-1" };
    const thrown: unknown = await loadConfiguration(options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(thrown instanceof ConfigurationFault)) throw new Error("the configuration was accepted", { cause: thrown });
    return { fault: thrown, names: readdirSync(folder) };
  });
}
