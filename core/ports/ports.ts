import type { Clock, Log, Processes, Random } from "../plugin/surroundings.ts";
import type { Files } from "./files.ts";
import type { Modules } from "./modules.ts";
import type { Owner } from "./owner.ts";

/** The doors to the outside; tests and the simulation bring their own. */
export interface Ports {
  /** Time. */
  readonly clock: Clock;
  /** Randomness. */
  readonly random: Random;
  /** The state folder, temporary files and downloads. */
  readonly files: Files;
  /** Child processes. */
  readonly processes: Processes;
  /** Node's module loader. */
  readonly modules: Modules;
  /** Who holds the state folder. */
  readonly owner: Owner;
  /** Where log lines go. */
  readonly log: Log;
}
