import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasErrno } from "../../core/ports/files.ts";

/** The central system as an operator reaches it: without the device's code. */
export interface Central {
  /** Puts a service's document. */
  put(service: string, text: string): Promise<void>;
  /** Keys of the results of a service, in the store `status`. */
  results(service: string): Promise<readonly string[]>;
  /** An object as text; undefined when there is none. */
  read(store: string, key: string): Promise<string | undefined>;
  /** Milliseconds between two looks of an operator that do not disturb the device. */
  readonly lookMs: number;
}

function orNothing<T>(nothing: T, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT")) return nothing;
    throw thrown;
  }
}

/** Folders below `data/`, the embedded default. Every third document is written in its place, in two pieces. */
export function folderCentral(folder: string): Central {
  const data = join(folder, "data");
  let puts = 0;
  return {
    lookMs: 10,
    put: async (service, text) => {
      const path = join(data, "incoming", service, "commands.json");
      mkdirSync(dirname(path), { recursive: true });
      puts += 1;
      if (puts % 3 === 0) {
        writeFileSync(path, text.slice(0, text.length / 2));
        await sleep(20);
        writeFileSync(path, text.slice(text.length / 2), { flag: "a" });
        return;
      }
      writeFileSync(join(data, "next.part"), text);
      renameSync(join(data, "next.part"), path);
    },
    results: async (service) =>
      orNothing([], () => readdirSync(join(data, "status", service, "results")))
        .filter((name) => !name.startsWith("."))
        .map((name) => `${service}/results/${name}`),
    read: async (store, key) => orNothing(undefined, () => readFileSync(join(data, store, key), "utf8")),
  };
}
