// The measured process: a device with traffic of its own. The task comes as the first argument, questions and answers by IPC.
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { createRuntime, loadConfiguration } from "../../core/index.ts";
import type { Stores, Uploads } from "../../core/plugin/index.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { nodeModules } from "../../core/ports/modules.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { claimFile } from "../../core/ports/owner.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import type { Answer, Inside, Question, Task } from "./messages.ts";
import { effectService, visitorService } from "./services.ts";
import { Tally } from "./tally.ts";
import { runTraffic } from "./traffic.ts";

function lookInside(): Inside {
  globalThis.gc?.();
  const { heapUsed: heap, external, arrayBuffers } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return { heap, external, arrayBuffers, handles };
}

const task = JSON.parse(process.argv[2] ?? "") as Task;
const given: { stores?: Stores; uploads?: Uploads } = {};
const visitor = visitorService((stores, uploads) => Object.assign(given, { stores, uploads }));
const effects = task.services.map((service) => effectService(service, join(task.folder, "effects.jsonl")));
const configuration = await loadConfiguration({ file: join(task.folder, "rustiq.json") });
// The bundle that this is part of lies in no package whose version could be read.
const modules = { ...nodeModules(), version: () => "0.0.0" };
const runtime = await createRuntime(configuration, { plugins: [...effects, visitor], ports: { modules } });
await runtime.start();

const { stores, uploads } = given;
if (stores === undefined || uploads === undefined) throw new Error("the visitor was not started");
const { signal } = new AbortController();
setMaxListeners(0, signal);
const tally = new Tally();
const parts = {
  files: nodeFiles(),
  random: nodeRandom(),
  clock: nodeClock(),
  reservedBytes: () => 0,
  claim: claimFile,
};
let isOver = false;
const around = { task, parts, store: stores.get("contents"), uploads, tally, signal };
const traffic = runTraffic(around, () => isOver);

const answer = (message: Answer) => process.send?.(message);
process.on("message", async (question: Question) => {
  if (question === "sample") answer({ type: "sample", inside: lookInside() });
  if (question === "rest") {
    isOver = true;
    await traffic;
    answer({ type: "rest", totals: tally.totals });
  }
  if (question === "stop") {
    await runtime.stop();
    answer({ type: "stop" });
    // From here on nothing may keep the process alive.
    process.disconnect();
  }
});
answer({ type: "ready" });
