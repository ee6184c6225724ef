import { join } from "node:path";
import { fault } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import type { Folder, Json, State } from "../plugin/surroundings.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";
import { keyToPath } from "../store/keys.ts";

/** A plugin's own small files. */
export function createFolder(files: Files, root: string): Folder {
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
    write: async (name, bytes) => writeWhole(files, at(name), typeof bytes === "string" ? Buffer.from(bytes) : bytes),
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

/** What a plugin keeps across restarts: records of the journal. */
export function createState(journal: Journal, owner: string): State {
  const values = () => journal.state.kept.get(owner) ?? new Map<string, Json>();
  return {
    get: (name) => values().get(name),
    entries: () => [...values()],
    put: (name, value) => journal.append([{ t: "kept", owner, name, value }], { durable: true }),
    remove: (name) => journal.append([{ t: "kept", owner, name }], { durable: true }),
  };
}
