/** An application definition, as the configuration holds it. */
export interface Application {
  /** Name and version: `monitoring-1.0`. */
  readonly applicationId: string;
  /** The service that the program offers; undefined where it offers none. */
  readonly serviceName: string | undefined;
  /** The port on loopback where it is asked. */
  readonly servicePort: number | undefined;
  /** For people. */
  readonly description: string | undefined;
  /** Environment of the program. */
  readonly properties: Readonly<Record<string, string>>;
  /** Program and arguments; absent where something else starts the program. */
  readonly startCommand: readonly string[] | undefined;
  /** Where the program runs; undefined for the working folder of the runtime. */
  readonly workingFolder: string | undefined;
  /** Started with the device. */
  readonly autostart: boolean;
}

/** How a process ended. */
export interface ProcessExit {
  /** Its exit code; null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, such as "SIGTERM"; null when it ended itself. */
  readonly signal: string | null;
}

/** A process that runs, or has run. */
export interface RunningProcess {
  /** Its process id. */
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exit: Promise<ProcessExit>;
  /** Signals the whole process group. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Child processes. */
export interface Processes {
  /** Resolves when the program runs; rejects when it cannot be started. `output` gets whole lines. */
  start(
    command: readonly string[],
    options: {
      /** Working folder; the runtime's own without it. */
      readonly folder?: string | undefined;
      /** Beside PATH, HOME, LANG, LC_ALL, TZ, TMPDIR and SystemRoot, the only ones that are inherited. */
      readonly environment: Readonly<Record<string, string>>;
      /** Called with each line of standard output and standard error, cut at 4096 characters. */
      readonly output: (line: string) => void;
    },
  ): Promise<RunningProcess>;
}
