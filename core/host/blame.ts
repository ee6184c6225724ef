import { AsyncLocalStorage } from "node:async_hooks";
import type { Driver, Operation } from "../plugin/driver.ts";
import { aroundMultipart } from "../store/layers/relay.ts";

/** A plugin, as the one that an error belongs to which nobody caught. */
export interface Culprit {
  readonly name: string;
  /** Takes such an error: tells it under the plugin's name, and what is lost with it. */
  accuse(thrown: unknown): void;
}

/** Whose code runs. It follows timers, promises and callbacks; one for the process, as its uncaught errors are. */
const entered = new AsyncLocalStorage<Culprit>();

/** Runs code of a plugin: what it starts and loses is blamed on that plugin. */
export function enterPlugin<T>(culprit: Culprit, work: () => T): T {
  return entered.run(culprit, work);
}

/**
 * Whom the error belongs to that is being told as uncaught; undefined when it is nobody's. To be asked while the process's own event is
 * handled. What a `queueMicrotask` of a plugin throws is nobody's before Node 24.
 */
export function findCulprit(): Culprit | undefined {
  return entered.getStore();
}

/** The signal of one call as the plugin gets it: its listeners are the plugin's code too, whoever aborts. */
export function enterSignal(culprit: Culprit, signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const follow = () => enterPlugin(culprit, () => controller.abort(signal.reason));
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return controller.signal;
}

/** A backend's driver, each of its calls entered under the name of its store. */
export function enterDriver(culprit: Culprit, driver: Driver): Driver {
  const enter = <T>(work: () => T) => enterPlugin(culprit, work);
  const own = <Op extends Operation>(op: Op): Op => ({ ...op, signal: enterSignal(culprit, op.signal) });
  return {
    head: (key, op) => enter(() => driver.head(key, own(op))),
    read: (key, op) => enter(() => driver.read(key, own(op))),
    write: (key, body, op) => enter(() => driver.write(key, body, own(op))),
    remove: (key, op) => enter(() => driver.remove(key, own(op))),
    list: (prefix, op) => enterEach(culprit, () => driver.list(prefix, own(op))),
    // Its signal outlives the call, and is handed on as it is: a watch that is begun again and again would gather listeners.
    ...(driver.unproven === undefined ? {} : { unproven: driver.unproven }),
    ...(driver.multipart === undefined
      ? {}
      : { multipart: aroundMultipart(driver.multipart, (_, __, op, work) => enter(() => work(own(op)))) }),
    ...(driver.watch === undefined
      ? {}
      : { watch: (prefix, op) => enterEach(culprit, () => driver.watch?.(prefix, op) ?? nothing()) }),
    ...(driver.health === undefined ? {} : { health: (op) => enter(async () => driver.health?.(own(op))) }),
    close: () => enter(() => driver.close?.()),
  };
}

async function* nothing(): AsyncGenerator<never> {}

/** A generator's code runs in whatever asks it for the next value. */
function enterEach<T>(culprit: Culprit, begin: () => AsyncIterable<T>): AsyncIterable<T> {
  const enter = <R>(work: () => R) => enterPlugin(culprit, work);
  const list = enter(begin);
  return {
    [Symbol.asyncIterator]: () => {
      const inner = enter(() => list[Symbol.asyncIterator]());
      return {
        next: () => enter(() => inner.next()),
        return: (value?: unknown) =>
          enter(() => inner.return?.(value) ?? Promise.resolve({ done: true as const, value })),
      };
    },
  };
}
