import type { Configuration } from "../../core/config/configuration.ts";
import { reasonOf } from "../../core/errors.ts";
import { readGiven } from "../../core/host/given.ts";
import type { Plugin } from "../../core/plugin/contract.ts";
import type { Log } from "../../core/plugin/surroundings.ts";
import type { Ports } from "../../core/ports/ports.ts";
import { Runtime } from "../../core/runtime.ts";
import { SimulatedClock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import type { Doom } from "./documents.ts";
import type { Stage } from "./effects.ts";
import type { SimulatedFiles } from "./files.ts";
import type { Ledger } from "./ledger.ts";
import type { Scheduler } from "./scheduler.ts";

/** How far a process has come. */
export type Phase = "starting" | "serving" | "failed" | "stopping" | "stopped";

export interface IncarnationOptions {
  readonly name: string;
  readonly configuration: Configuration;
  readonly plugins: readonly Plugin[];
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly makeFiles: (process: Incarnation) => SimulatedFiles;
  readonly wall: () => number;
  readonly dice: Dice;
  /** Throws when another process has the folder. */
  readonly claim: () => () => void;
  readonly onLine: (level: "debug" | "info" | "warn" | "error", message: string, process: Incarnation) => void;
}

/** One process: a runtime from its start to its end, whichever way that comes. */
export class Incarnation implements Stage {
  readonly name: string;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly files: SimulatedFiles;
  readonly #runtime: Runtime;
  phase: Phase = "starting";
  /** Why the start failed. */
  reason = "";
  isGone = false;
  /** A command of it wants it to end so. */
  doom: Doom | undefined;
  /** Milliseconds of the world at which its stop began. */
  stopsSince = 0;
  /** Step of the world at which it began. */
  readonly bornAt: number;

  constructor(options: IncarnationOptions) {
    const { configuration, plugins, ledger, scheduler } = options;
    this.name = options.name;
    this.ledger = ledger;
    this.scheduler = scheduler;
    this.bornAt = scheduler.steps;
    this.files = options.makeFiles(this);
    this.#runtime = new Runtime(configuration, this.#makePorts(options), readGiven(plugins));
    // What a dead process still says is not heard.
    const unlessGone =
      <T>(tell: (told: T) => void) =>
      (told: T) => {
        if (!this.isGone) tell(told);
      };
    this.#runtime.events.on(
      "batch",
      unlessGone(({ service, batch }) => ledger.take(this, service, batch)),
    );
    this.#runtime.events.on(
      "report",
      unlessGone(({ service, batch }) => ledger.take(this, service, batch)),
    );
    // What the command line does: a supervisor starts the next one.
    for (const name of ["restart", "fenced"] as const) this.#runtime.events.on(name, () => this.stop());
  }

  start(): void {
    this.#runtime.start().then(
      () => {
        if (this.phase === "starting") this.phase = "serving";
      },
      (thrown: unknown) => {
        this.reason = reasonOf(thrown);
        this.phase = "failed";
      },
    );
  }

  /** Begins the stop of a process that runs. */
  stop(): void {
    if (this.phase !== "serving") return;
    this.phase = "stopping";
    this.ledger.ends += 1;
    this.stopsSince = this.scheduler.time;
    void this.#runtime.stop().then(() => {
      this.phase = "stopped";
    });
  }

  end(how: Doom): void {
    this.doom ??= how;
  }

  #makePorts(options: IncarnationOptions): Ports {
    const log = (level: "debug" | "info" | "warn" | "error") => (message: string) =>
      this.isGone ? undefined : options.onLine(level, message, this);
    const lines: Log = {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
      child: () => lines,
    };
    const refuse = () => {
      throw new Error("nothing of the kind in the simulation");
    };
    return {
      clock: new SimulatedClock(this, this.scheduler, options.wall),
      random: options.dice,
      files: this.files,
      processes: { start: async () => refuse() },
      modules: { locate: refuse, version: () => "0.0.0" },
      owner: {
        claim: async () => {
          const release = options.claim();
          return async () => release();
        },
      },
      log: lines,
    };
  }
}
