import { reasonOf } from "../errors.ts";
import type { Clock, Log } from "../plugin/surroundings.ts";
import type { Handles } from "../ports/handles.ts";
import type { Pulse } from "../ports/pulse.ts";
import type { Watchdog } from "../ports/watchdog.ts";
import { type Culprit, findCulprit, inheritPlugin, Newcomer, noteEntry } from "./blame.ts";
import { type StallFigures, Stalls } from "./stalls.ts";

/** The doors that the oversight needs; what is not given is not watched. */
export interface OversightPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly pulse?: Pulse | undefined;
  readonly watchdog?: Watchdog | undefined;
  readonly handles?: Handles | undefined;
}

/** Watches over the one event loop that all plugins of this process share, and over what they leave behind in it. */
export class Oversight {
  readonly #ports: OversightPorts;
  readonly #stalls: Stalls;
  readonly #ends: (() => void | Promise<void>)[] = [];
  #seesHandles = false;

  constructor(ports: OversightPorts) {
    this.#ports = ports;
    this.#stalls = new Stalls(ports.clock, ports.log);
  }

  get stalls(): StallFigures {
    return this.#stalls.figures;
  }

  /**
   * Begins. `hasStrangers`: code of plugins that are not built in will run in this process; only then is paid for a thread of its own
   * and for the notes of what they create. `stallMs` is the watchdog's limit.
   */
  begin(hasStrangers: boolean, stallMs: number): void {
    const { pulse, handles, log } = this.#ports;
    const watchdog = hasStrangers ? this.#ports.watchdog : undefined;
    if (pulse !== undefined) {
      const told = watchdog === undefined ? {} : { beat: () => watchdog.beat(), enter: watchdog.enter };
      this.#ends.push(this.#stalls.follow(pulse, { ...told, mostMs: stallMs / 4 }));
    }
    if (watchdog !== undefined) {
      watchdog.start((thrown) => log.warn(`nothing ends this process when it stands still: ${reasonOf(thrown)}`));
      this.#ends.push(() => watchdog.stop());
    }
    if (hasStrangers && handles !== undefined) {
      this.#seesHandles = true;
      const enter = (heir: Culprit | undefined) => {
        if (heir !== undefined) inheritPlugin(heir);
        noteEntry();
      };
      this.#ends.push(handles.follow(findCulprit, enter));
    }
  }

  /** What a plugin that was stopped left behind, such as "2 timers". */
  async leftBy(culprit: Culprit): Promise<readonly string[]> {
    if (!this.#seesHandles) return [];
    const isOwner = (owner: object) => (owner instanceof Newcomer ? owner.self : owner) === culprit;
    return (await this.#ports.handles?.leftBy(isOwner)) ?? [];
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }
}
