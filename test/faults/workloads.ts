import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../flows/device.ts";
import { folderCentral } from "./central.ts";
import { makeFixedDocument } from "./documents.ts";
import { type Place, readEffectLines } from "./place.ts";
import { awaitEnd, describeEnd, onceArgs, runOnce, startProgram } from "./program.ts";
import type { Workload } from "./sweep.ts";
import { readEffects } from "./verdict.ts";

const first = makeFixedDocument("left", "first", ["large", "again"]);

/** A device's first document. Its state folder was there before, so that the oldest segment of the journal gives way to another. */
export const firstDocument: Workload = {
  name: "first document",
  documents: [first],
  pending: [first],
  prepare: async ({ folder }) => {
    const file = join(folder, "rustiq.json");
    const configuration = readFileSync(file);
    writeFileSync(file, JSON.stringify({ plugins: [], stores: [{ store_name: "contents", path: "data/contents" }] }));
    for (const start of ["first", "second"]) {
      const ended = await runOnce({ folder });
      if (ended.code !== 0) throw new Error(`the ${start} start ${describeEnd(ended)}`);
    }
    writeFileSync(file, configuration);
  },
};

const reported = makeFixedDocument("left", "reported", ["again"]);
const interrupted = makeFixedDocument("left", "interrupted", ["stay", "again"]);

/** A start after a kill: one report waits for its upload, and of another document a `once` command was running. */
export const recovery: Workload = {
  name: "recovery",
  documents: [reported, interrupted],
  pending: [],
  prepare: async (place) => {
    const data = join(place.folder, "data");
    const status = join(data, "status");
    const central = folderCentral(place.folder);
    // The capabilities are told before.
    const ended = await runOnce(place);
    if (ended.code !== 0) throw new Error(`the first start ${describeEnd(ended)}`);
    // A file stands where the folder of the reports should be.
    renameSync(status, join(data, "aside"));
    writeFileSync(status, "");
    await central.put("left", reported.text);
    await awaitEnd(startProgram(place.folder, ["run", "--once", "--deliver-within", "0.1"]), 10_000);
    await central.put("left", interrupted.text);
    const life = startProgram(place.folder, onceArgs);
    try {
      await eventually("the effect", () => hasEffect(place, interrupted.entries[0]?.name ?? ""));
    } finally {
      life.kill("SIGKILL");
      await awaitEnd(life, 10_000);
    }
    rmSync(status);
    renameSync(join(data, "aside"), status);
    // A copy of it would be a document of another version.
    rmSync(join(data, "incoming"), { recursive: true });
  },
};

function hasEffect(place: Place, name: string): true | undefined {
  return readEffects(readEffectLines(place)).effects.has(name) || undefined;
}
