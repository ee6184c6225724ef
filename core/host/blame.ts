import { AsyncLocalStorage } from "node:async_hooks";
import type { Driver, Operation } from "../plugin/driver.ts";
import { aroundMultipart } from "../store/layers/relay.ts";

/** A plugin, as the one that an error belongs to which nobody caught. */
export interface Culprit {
  readonly name: string;
  /** Takes such an error: tells it under the plugin's name, and what is lost with it. `reason` says it better than that it was lost. */
  accuse(thrown: unknown, reason?: string): void;
}

/** Whose code runs. It follows timers, promises and callbacks; one for the process, as its uncaught errors are. */
const entered = new AsyncLocalStorage<Culprit>();

/** Who wants to know whose code runs; for the process too, which has one event loop. */
const followers = new Set<(culprit: Culprit) => void>();

/** Calls `follow` whenever code of a plugin begins to run, until the answer is called. */
export function followEntries(follow: (culprit: Culprit) => void): () => void {
  followers.add(follow);
  return () => void followers.delete(follow);
}

/** Code of this plugin runs from now on; without one the plugin's to which what runs belongs, if there is one. */
export function noteEntry(culprit = entered.getStore()): void {
  if (culprit !== undefined) for (const follow of followers) follow(culprit);
}

/** What runs here, and whatever it begins, is this plugin's from now on: a connection from outside, that a server of it has accepted. */
export function inheritPlugin(culprit: Culprit): void {
  entered.enterWith(culprit);
}

/** Runs code of a plugin: what it starts and loses is blamed on that plugin. */
export function enterPlugin<T>(culprit: Culprit, work: () => T): T {
  const outer = entered.getStore();
  noteEntry(culprit);
  try {
    return entered.run(culprit, work);
  } finally {
    // The one that has called goes on.
    if (outer !== culprit) noteEntry(outer);
  }
}

/**
 * Charges an error that nobody caught to the plugin it belongs to; false when it is nobody's. To be called while the process's own
 * event is handled.
 */
export function blameUncaught(thrown: unknown): boolean {
  const culprit = findCulprit();
  culprit?.accuse(thrown);
  return culprit !== undefined;
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

/** A plugin whose module is being loaded: what its code loses there is charged to what it becomes. */
export class Newcomer implements Culprit {
  readonly name: string;
  #heir: Culprit | undefined;
  readonly #lost: Parameters<Culprit["accuse"]>[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Whom its doings belong to. */
  get self(): Culprit {
    return this.#heir ?? this;
  }

  accuse(...told: Parameters<Culprit["accuse"]>): void {
    if (this.#heir === undefined) this.#lost.push(told);
    else this.#heir.accuse(...told);
  }

  becomes(heir: Culprit): void {
    this.#heir ??= heir;
    for (const told of this.#lost.splice(0)) this.accuse(...told);
  }
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
