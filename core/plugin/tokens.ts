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
export type Token<T> = symbol & { readonly [held]?: T };

/** `Symbol.for`, so that two copies of this module still mean the same thing. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`rustiq/${name}`) as Token<T>;
}

export const LOG = token<Log>("log");
export const CLOCK = token<Clock>("clock");
export const RANDOM = token<Random>("random");
export const STATE = token<State>("state");
export const STORES = token<Stores>("stores");
export const TRANSFERS = token<Transfers>("transfers");
export const UPLOADS = token<Uploads>("uploads");
export const CALLS = token<Calls>("calls");
export const APPLICATIONS = token<readonly Application[]>("applications");
export const PROCESSES = token<Processes>("processes");
export const FOLDER = token<Folder>("folder");
export const DEVICE = token<Device>("device");
