import { join } from "node:path";
import { fault } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import { changeKept } from "../journal/kept.ts";
import type { Folder, Json, State } from "../plugin/surroundings.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";
import { keyToPath } from "../store/keys.ts";

/** A plugin's own small files. Two writes of one file at once go one after the other: they share a temporary name. */
export function createFolder(files: Files, root: string): Folder {
  const writing = new Map<string, Promise<void>>();
  const write = async (path: string, bytes: Uint8Array) => {
    const before = writing.get(path) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => writeWhole(files, path, bytes));
    writing.set(path, turn);
    try {
      await turn;
    } finally {
      if (writing.get(path) === turn) writing.delete(path);
    }
  };
  const at = (name: string) => {
    try {
      return keyToPath(root, name);
    } catch (thrown) {
      throw fault("path-refused", {
        path: JSON.stringify(name),
        reason: thrown instanceof Error ? thrown.message : "",
      });
    }
  };
  return {
    read: async (name, maxBytes) => readWhole(files, at(name), maxBytes),
    write: async (name, bytes) => write(at(name), typeof bytes === "string" ? Buffer.from(bytes) : bytes),
    remove: async (name) => files.remove(at(name)),
    list: async () => {
      const names: string[] = [];
      const walk = async (below: string) => {
        for (const { name, kind } of (await files.list(join(root, below))) ?? []) {
          const path = below === "" ? name : `${below}/${name}`;
          if (kind === "folder") await walk(path);
          else if (kind === "file" && !name.startsWith(".")) names.push(path);
        }
      };
      await walk("");
      return names.sort();
    },
  };
}

/** A value as a restart would give it back, and nobody else's to change. */
export function copyJson(name: string, value: Json): Json {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`the state ${name} must be JSON; found ${typeof value}`);
  return JSON.parse(text) as Json;
}

/** What a plugin keeps across restarts: records of the journal. */
export function createState(journal: Journal, owner: string): State {
  const values = () => journal.state.kept.get(owner) ?? new Map<string, Json>();
  return {
    get: (name) => structuredClone(values().get(name)),
    entries: () => structuredClone([...values()]),
    put: async (name, value) => changeKept(journal, { owner, values: [[name, copyJson(name, value)]] }),
    remove: async (name) => changeKept(journal, { owner, values: [[name]] }),
  };
}
