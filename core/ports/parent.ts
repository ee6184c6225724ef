import { Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** Descriptor of the connection to the runtime that has started this process. */
const pipeDescriptor = 3;
/** Milliseconds between two looks at whether it is still there. */
const lookMs = 2000;

/** A thread of its own, so that it looks also while the process's event loop stands still. */
const watch = `
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, ${lookMs});
`;

/** The connection to the runtime. From here on this process ends when the runtime does, whatever its plugin is doing. */
export function connectToParent(): Socket {
  const worker = new Worker(watch, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  worker.unref();
  const pipe = new Socket({ fd: pipeDescriptor });
  pipe.once("close", () => process.exit());
  return pipe;
}
