import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { reasonOf } from "../errors.ts";
import type { Json } from "../plugin/surroundings.ts";
import { builtEntry } from "./modules.ts";
import { passLines } from "./processes.ts";

/** Another process of this runtime, which is spoken with by messages; what its code prints is no message. */
export interface Child {
  /** Nothing happens when it has ended. */
  send(message: Json): void;
  /** At once, whatever it does. */
  kill(): void;
}

/** What is heard from such a process. */
export interface ChildListener {
  message(message: Json): void;
  /** A line that it printed, to standard output or standard error; cut where it is too long. */
  output(line: string): void;
  /** It has ended, and nothing more will come. */
  end(reason: string): void;
}

/** Starts an entry of the built product as a process with this one's environment; it ends with this one. */
export function startChild(entry: string, listener: ChildListener): Child {
  // As this one was started: hooks and flags decide how a plugin is loaded.
  const flags = process.execArgv.filter((flag) => !flag.startsWith("--inspect"));
  const child = spawn(process.execPath, [...flags, fileURLToPath(builtEntry(entry))], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) passLines(stream, (line) => listener.output(line));
  }
  child.on("message", (message) => listener.message(message as Json));
  let isOver = false;
  const end = (reason: string) => {
    process.off("exit", kill);
    if (!isOver) listener.end(reason);
    isOver = true;
  };
  child.once("error", (thrown) => end(reasonOf(thrown)));
  child.once("close", (code, signal) => end(code === null ? `signal ${signal}` : `exit code ${code}`));
  return {
    send: (message) => {
      // What it could not be told is answered by its end.
      if (child.connected) child.send(message as object, () => undefined);
    },
    kill,
  };
}

/** The other side: this process, as the one that was started. */
export interface Parent {
  /** Resolves when the message is on its way, whatever this process does next. */
  tell(message: Json): Promise<void>;
}

/** Runs in a thread of its own, which goes on while the process spins: nobody is left to end it once its parent is gone. */
const guard = `
const { ppid } = process;
setInterval(() => { if (process.ppid !== ppid) process.kill(process.pid, "SIGKILL"); }, 1000);
`;

/** Listens to the process that started this one, and ends with it. A signal that both get is that one's to answer. */
export function listenToParent(onMessage: (message: Json) => void): Parent {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit());
  new Worker(guard, { eval: true, stdin: false }).unref();
  process.on("message", (message) => onMessage(message as Json));
  return {
    tell: (message) => new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve())),
  };
}
