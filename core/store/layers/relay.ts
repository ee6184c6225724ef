import { type Driver, StoreError } from "../../plugin/driver.ts";

/** Something around a driver that is a driver again. */
export type Layer = (inner: Driver) => Driver;

/** A driver that hands everything on; a layer replaces what it changes. Works for drivers that use `this`. */
export function relay(inner: Driver): Driver {
  return {
    head: (key, op) => inner.head(key, op),
    read: (key, op) => inner.read(key, op),
    write: (key, body, op) => inner.write(key, body, op),
    list: (prefix, op) => inner.list(prefix, op),
    remove: (key, op) => inner.remove(key, op),
    ...(inner.watch === undefined ? {} : { watch: inner.watch.bind(inner) }),
    close: () => inner.close?.(),
  };
}

/** The error of an operation that was given up. */
export function abortedError(what: string): StoreError {
  return new StoreError("aborted", `${what} was given up: its signal aborted`);
}
