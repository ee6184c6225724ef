import { RustiqError, reasonOf } from "../errors.ts";
import { importPlugin, needSound } from "../host/import.ts";
import type { Json } from "../plugin/surroundings.ts";
import { listenToParent } from "../ports/child.ts";
import { nodeClock } from "../ports/clock.ts";
import { createLog } from "../ports/log.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeRandom } from "../ports/random.ts";
import { LostErrors } from "./plugin/lost.ts";
import type { Examination, ExaminerMessage } from "./plugin/messages.ts";
import { examineService } from "./plugin/service.ts";
import { examineStore } from "./plugin/store.ts";

/** Milliseconds between two signs of life. */
const aliveMs = 500;

const [clock, random] = [nodeClock(), nodeRandom()];
const modules = nodeModules();
const lost = new LostErrors();
let isStopped = false;

let receive: (asked: Examination) => void = () => undefined;
const received = new Promise<Examination>((resolve) => {
  receive = resolve;
});
const parent = listenToParent((message) => {
  if (message === "stop") isStopped = true;
  // What this product's own other side sends.
  else receive(message as unknown as Examination);
});
// An interface is never assignable to `Json`, for want of an index; its members are.
const tell = (message: ExaminerMessage) => parent.tell(message as unknown as Json);
// What is right or wrong is told by the check; of the plugin's own words only faults.
const log = createLog({ level: "error", secrets: [], write: (line) => void tell({ tell: "log", line }) });

function beat(): void {
  void tell({ tell: "alive" });
  clock.after(aliveMs, beat);
}

/**
 * The process in which `rustiq plugin check` runs a plugin: whatever that does (spin, exit, eat the memory), the command that has
 * started this process tells it. It does one examination and ends.
 */
async function examine(): Promise<void> {
  beat();
  const asked = await received;
  try {
    const imported = await importPlugin(asked.use, "plugin", { modules, clock, log, folder: process.cwd() });
    const { file } = imported;
    const plugin = needSound(imported);
    await tell({ tell: "imported" });
    const examined = { asked, lost, tell, ports: { clock, random, log }, isStopped: () => isStopped };
    if (plugin.kind === "service") await examineService(plugin, file, examined);
    else await examineStore(plugin, file, examined);
    await tell({ tell: "done" });
  } catch (thrown) {
    const [code, hint] = thrown instanceof RustiqError ? [thrown.code, thrown.hint ?? null] : [null, null];
    await tell({ tell: "fault", code, message: reasonOf(thrown), hint });
  }
}

await examine();
process.exit();
