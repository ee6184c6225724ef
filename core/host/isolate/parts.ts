import type { Clock, Log, Random } from "../../plugin/surroundings.ts";
import type { Guests } from "../../ports/guests.ts";

/** The doors to the outside that isolation needs. */
export interface IsolationPorts {
  readonly guests: Guests;
  readonly random: Random;
  readonly log: Log;
}

/** What an isolated plugin is made of. */
export interface IsolatedParts {
  readonly guests: Guests;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Takes the configuration's secrets out of a text that leaves the device. */
  readonly mask: (text: string) => string;
  /** Called when the process is no longer wanted. */
  readonly closeLog?: (() => void) | undefined;
  /** The entry as the configuration has it. */
  readonly entry: { readonly use: string; readonly place: string; readonly config: unknown };
  /** The configuration's folder, where packages and paths are looked up. */
  readonly folder: string;
  readonly stateDir: string;
  readonly memoryBytes: number;
  readonly userId: number | undefined;
  readonly resultBytes: number;
  readonly importLimitMs: number;
  readonly startLimitMs: number;
  readonly stopLimitMs: number;
  /** Milliseconds until the first restart; `firstRestartMs` without it. */
  readonly restartMs?: number | undefined;
  /** Milliseconds for which it may be silent; `silenceLimitMs` without it. */
  readonly silenceMs?: number | undefined;
}

/** What a guest's process tells of itself, for the heartbeat. */
export interface GuestState {
  readonly pid: number | null;
  readonly restarts: number;
  readonly last_crash?: string;
}

/** What its keeper wants to know: why it does not run at the moment, and that it will not run again. */
export interface GuestWatch {
  onPause(reason: string | undefined): void;
  onEnd(reason: string): void;
}
