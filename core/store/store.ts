import type { Capabilities, Driver } from "../plugin/driver.ts";
import type { Clock, Log, Random, Store } from "../plugin/surroundings.ts";
import { KnownCapabilities } from "./known.ts";
import { refuseUndeclared } from "./layers/capabilities.ts";
import { limitTime } from "./layers/limit.ts";
import { logRequests } from "./layers/log.ts";
import { keepBelowPrefix } from "./layers/prefix.ts";
import type { Layer } from "./layers/relay.ts";
import { repeatSafely } from "./layers/retry.ts";

export interface StoreOptions {
  /** The name in the configuration. */
  readonly name: string;
  readonly backend: string;
  /** What the backend declares, and what is known of this place. */
  readonly can: Capabilities | KnownCapabilities;
  /** What the backend's `open` gave. */
  readonly driver: Driver;
  /** As configured; empty for the root. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Milliseconds to an answer, and between bytes. */
  readonly requestMs: number;
  /** Tries of one call; 4 without it. */
  readonly attempts?: number | undefined;
}

/**
 * A named store: the driver behind core's layers. From the outside in: capabilities, prefix and key rule, retry, log (a line
 * for every try), time limit. Throws `StoreError` "invalid-key" for a prefix that breaks the key rule.
 */
export function openStore(options: StoreOptions): Store {
  const { name, backend, clock, random } = options;
  const known =
    options.can instanceof KnownCapabilities
      ? options.can
      : new KnownCapabilities(options.can, options.driver.unproven);
  const log = options.log.child({ store: name });
  const layers: readonly Layer[] = [
    limitTime(name, clock, options.requestMs),
    logRequests(log, clock),
    repeatSafely({ clock, random, log, attempts: options.attempts ?? 4 }),
    keepBelowPrefix(options.prefix, log),
    refuseUndeclared(name, known),
  ];
  const driver = layers.reduce((inner, layer) => layer(inner), options.driver);
  return Object.freeze({
    ...driver,
    name,
    backend,
    get can() {
      return known.now;
    },
  });
}
