import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { fileURLToPath } from "node:url";

/** What keeps a process alive, as Node names it when it is made. */
const kinds =
  /^(Timeout|TCPWRAP|TCPSERVERWRAP|UDPWRAP|PIPEWRAP|PIPESERVERWRAP|PROCESSWRAP|FSEVENTWRAP|STATWATCHER|WORKER)$/;
const words: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  TCPWRAP: "a connection",
  TCPSERVERWRAP: "a server",
  UDPWRAP: "a UDP socket",
  PIPEWRAP: "a pipe",
  PIPESERVERWRAP: "a server",
  PROCESSWRAP: "a program",
  FSEVENTWRAP: "a watch of files",
  STATWATCHER: "a watch of a file",
  WORKER: "a worker thread",
};

interface Trace {
  readonly kind: string;
  readonly resource: object;
  readonly place: string;
}

const thisFile = fileURLToPath(import.meta.url);

/** Where in the plugin's code something is being made: the first frame that is neither Node's nor this file's. */
function findPlace(): string {
  const { stackTraceLimit } = Error;
  // Node's own frames come first.
  Error.stackTraceLimit = 30;
  const frames = new Error().stack?.split("\n").slice(1) ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const own = frames.find((line) => /[/\\]/.test(line) && !line.includes("node:") && !line.includes(thisFile));
  const place = own === undefined ? undefined : /([^/\\(]+:\d+):\d+\)?$/.exec(own)?.[1];
  return place === undefined ? "" : ` (${place})`;
}

/** Notes what code makes that keeps the process alive; whatever else the process does meanwhile is not meant. */
export class Traces {
  readonly #context = new AsyncLocalStorage<Traces>();
  readonly #made: Trace[] = [];
  readonly #hook = createHook({
    init: (_, kind, __, resource) => {
      if (!kinds.test(kind) || this.#context.getStore() !== this) return;
      this.#made.push({ kind, resource, place: findPlace() });
    },
  });

  constructor() {
    this.#hook.enable();
  }

  /** Runs code whose traces count, and those of all that follows from it. */
  run<T>(work: () => T): T {
    return this.#context.run(this, work);
  }

  /** What is still there, and would keep the process alive. */
  left(): readonly string[] {
    return this.#made
      .filter(
        ({ resource }) => "hasRef" in resource && typeof resource.hasRef === "function" && resource.hasRef() === true,
      )
      .map(({ kind, place }) => `${words[kind] ?? kind}${place}`);
  }

  end(): void {
    this.#hook.disable();
  }
}
