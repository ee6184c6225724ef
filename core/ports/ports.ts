import type { Clock, Log, Processes, Random } from "../plugin/surroundings.ts";
import type { Files } from "./files.ts";
import type { Guests } from "./guests.ts";
import type { Modules } from "./modules.ts";
import type { Owner } from "./owner.ts";

/** The doors to the outside; tests and the simulation bring their own. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly modules: Modules;
  /** Without it no plugin can be isolated. */
  readonly guests?: Guests;
  readonly owner: Owner;
  readonly log: Log;
}
