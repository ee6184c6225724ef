import type { Capabilities, Driver } from "../plugin/driver.ts";
import type { Clock, Log, Random, Store } from "../plugin/surroundings.ts";
import { Account } from "./account.ts";
import { KnownCapabilities } from "./known.ts";
import { refuseUndeclared } from "./layers/capabilities.ts";
import { countRequests } from "./layers/count.ts";
import { limitTime } from "./layers/limit.ts";
import { logRequests } from "./layers/log.ts";
import { keepBelowPrefix } from "./layers/prefix.ts";
import type { Layer } from "./layers/relay.ts";
import { repeatSafely } from "./layers/retry.ts";
import { shareSlots } from "./layers/share.ts";
import { Slots, usualSlots } from "./slots.ts";

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
  /** What all who use the same store share; of its own without it. */
  readonly shared?: SharedTraffic | undefined;
}

/** What is one for a store, however often it is opened. */
export interface SharedTraffic {
  readonly slots: Slots;
  readonly account: Account;
}

/** `most`: operations that may be under way at once; 16 without it. */
export function shareTraffic(clock: Clock, requestMs: number, most = usualSlots): SharedTraffic {
  const account = new Account();
  return { account, slots: new Slots({ most, clock, idleMs: requestMs, progress: () => account.bytes }) };
}

/**
 * A named store: the driver behind core's layers. From the outside in: capabilities, prefix and key rule, retry, slots, log (a line
 * for every try), account, time limit. Throws `StoreError` "invalid-key" for a prefix that breaks the key rule.
 */
export function openStore(options: StoreOptions): Store {
  const { name, backend, clock, random } = options;
  const known =
    options.can instanceof KnownCapabilities
      ? options.can
      : new KnownCapabilities(options.can, options.driver.unproven);
  const log = options.log.child({ store: name });
  const { slots, account } = options.shared ?? shareTraffic(clock, options.requestMs);
  const layers: readonly Layer[] = [
    limitTime(name, clock, options.requestMs, account),
    countRequests(account),
    logRequests(log, clock),
    shareSlots(name, slots),
    repeatSafely({ clock, random, log, attempts: options.attempts ?? 4, onRepeat: () => account.repeat() }),
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
