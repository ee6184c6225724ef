import type { Context } from "./contract.ts";
import type {
  Application,
  Calls,
  Clock,
  Device,
  Folder,
  Log,
  Processes,
  Random,
  State,
  Stores,
  Transfers,
  Uploads,
} from "./surroundings.ts";

declare const held: unique symbol;
/** A key of the container that remembers the type of what it stands for. */
export type Token<T> = symbol & {
  /** Never there: it only carries the type. */
  readonly [held]?: T;
};

/** `Symbol.for`, so that two copies of this module still mean the same thing. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`rustiq/${name}`) as Token<T>;
}

/** The whole context, for a class that wants `onStop`, `signal` or `make`. */
export const CONTEXT = token<Context>("context");
/** The plugin's options, parsed by its own schema: `@inject(CONFIG) config: z.output<typeof config>`. */
export const CONFIG = token<unknown>("config");
/** The plugin's logger, the same as `context.log`. */
export const LOG = token<Log>("log");
/** Time: the only way to it that a test can turn. */
export const CLOCK = token<Clock>("clock");
/** Randomness. */
export const RANDOM = token<Random>("random");
/** What the service keeps across restarts. */
export const STATE = token<State>("state");
/** The configured stores. */
export const STORES = token<Stores>("stores");
/** Downloads and mirrors, whole or not at all. */
export const TRANSFERS = token<Transfers>("transfers");
/** The durable outbox. */
export const UPLOADS = token<Uploads>("uploads");
/** Other services' commands. */
export const CALLS = token<Calls>("calls");
/** The application definitions of the configuration. */
export const APPLICATIONS = token<readonly Application[]>("applications");
/** Child processes. */
export const PROCESSES = token<Processes>("processes");
/** Files of the plugin's own. */
export const FOLDER = token<Folder>("folder");
/** What device this is. */
export const DEVICE = token<Device>("device");
