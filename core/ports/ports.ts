import type { Clock, Log, Processes, Random } from "../plugin/surroundings.ts";
import type { Files } from "./files.ts";
import type { Guests } from "./guests.ts";
import type { Handles } from "./handles.ts";
import type { Modules } from "./modules.ts";
import type { Owner } from "./owner.ts";
import type { Pulse } from "./pulse.ts";
import type { Watchdog } from "./watchdog.ts";

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
  /** Without it no plugin can be isolated. */
  readonly guests?: Guests;
  /** Who holds the state folder. */
  readonly owner: Owner;
  /** Where log lines go. */
  readonly log: Log;
  /** Without it nobody notices that the event loop stands still. */
  readonly pulse?: Pulse | undefined;
  /** Without it nobody is told what plugins leave behind. */
  readonly handles?: Handles | undefined;
  /** Only where the process is the device's own: it may be ended. */
  readonly watchdog?: Watchdog | undefined;
}
