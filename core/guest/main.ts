import { reasonOf } from "../errors.ts";
import { Link } from "../host/isolate/link.ts";
import { nodeClock } from "../ports/clock.ts";
import { boundWord } from "../ports/guests.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { connectToParent } from "../ports/parent.ts";
import { nodeProcesses } from "../ports/processes.ts";
import { nodeRandom } from "../ports/random.ts";
import { GuestProgram } from "./program.ts";

/** Bytes of one message of the device: the state of a service is the largest. */
const messageBytes = 64 * 1024 * 1024;
/** What the process ends with after an error that nobody caught. */
const lostCode = 70;

const program = new GuestProgram({
  clock: nodeClock(),
  random: nodeRandom(),
  files: nodeFiles(),
  // In its own group: what it starts ends with it.
  processes: nodeProcesses({}, "shared"),
  modules: nodeModules(),
});
const pipe = connectToParent(process.argv[2] === boundWord);
const link: Link = new Link(
  pipe,
  { messageBytes, methods: program.methods(() => link), hearing: program.hearing, endsUnread: false },
  () => process.exit(),
);

/** What the plugin has lost leaves it in an unknown state: the device is told, and starts it anew. */
function end(thrown: unknown): void {
  link.tell("lost", thrown instanceof Error ? thrown.message : reasonOf(thrown));
  link.tell("log", {
    level: "error",
    message: "nobody caught an error",
    fields: { stack: thrown instanceof Error ? (thrown.stack ?? "") : "" },
  });
  pipe.end(() => process.exit(lostCode));
}
process.on("uncaughtException", end);
process.on("unhandledRejection", end);
