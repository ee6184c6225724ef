import type { Clock, Log, Processes, Random } from "../plugin/surroundings.ts";
import type { Files } from "./files.ts";
import type { Modules } from "./modules.ts";
import type { Owner } from "./owner.ts";

/** The doors to the outside; tests and the simulation bring their own. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly modules: Modules;
  readonly owner: Owner;
  readonly log: Log;
}
