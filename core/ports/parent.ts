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

/**
 * The connection to the runtime. From here on this process ends when the runtime does, whatever its plugin is doing; `isBound` where
 * the kernel sees to that.
 */
export function connectToParent(isBound: boolean): Socket {
  if (!isBound) {
    const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 };
    new Worker(watch, { eval: true, resourceLimits }).unref();
  }
  const pipe = new Socket({ fd: pipeDescriptor });
  pipe.once("close", () => process.exit());
  return pipe;
}
