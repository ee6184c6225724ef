import { type Driver, type ListOperation, type ObjectInfo, StoreError } from "../../plugin/driver.ts";
import type { Clock, Log, Random } from "../../plugin/surroundings.ts";
import { type AroundRequest, abortedError, aroundMultipart, type Layer, relay } from "./relay.ts";

const firstWaitMs = 200;
const longestWaitMs = 20_000;

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How often one call is tried, the first time included. */
  readonly attempts: number;
  /** Called before each time but the first. */
  readonly onRepeat?: (() => void) | undefined;
}

/**
 * Repeats a failed request by `StoreError.retry` alone:
 * - "never" is not repeated;
 * - "safe" is repeated;
 * - "unknown-outcome" is repeated for a write without a condition only, since the same bytes put twice leave the same object. A
 *   conditional write that had landed would then be refused by its own object, and a removal could take what someone wrote
 *   since: both are left to callers, who can look first. So is the end of an upload in parts; its other requests do no harm
 *   twice.
 *
 * Waits are exponential with full jitter (0 to 200 ms, doubled each time, up to 20 s), and at least what the server asked for;
 * when it asks for more than 20 s the error goes to the caller, whose schedule is longer. A listing goes on after its last
 * object. A body that breaks while it is read is its reader's affair.
 */
export function repeatSafely(options: RetryOptions): Layer {
  const { clock, random, log, attempts } = options;

  /** Waits before the next attempt, or throws the error when there is none. */
  async function pause(thrown: unknown, attempt: number, repeatsUnknown: boolean, what: string, signal: AbortSignal) {
    if (!(thrown instanceof StoreError) || attempt >= attempts) throw thrown;
    if (thrown.retry === "never" || (thrown.retry === "unknown-outcome" && !repeatsUnknown)) throw thrown;
    const asked = thrown.retryAfterMs ?? 0;
    if (asked > longestWaitMs) throw thrown;
    const waitMs = Math.max(asked, random.float() * Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1)));
    log.debug("store request is tried again", { what, attempt, waitMs: Math.round(waitMs), code: thrown.code });
    try {
      await clock.sleep(waitMs, signal);
    } catch {
      throw abortedError(what);
    }
    options.onRepeat?.();
  }

  async function repeat<T>(what: string, signal: AbortSignal, work: () => Promise<T>, repeatsUnknown = false) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (thrown) {
        await pause(thrown, attempt, repeatsUnknown, what, signal);
      }
    }
  }

  return (inner: Driver): Driver => {
    async function* list(prefix: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
      let after = op.after;
      for (let attempt = 1; ; attempt++) {
        try {
          for await (const info of inner.list(prefix, { ...op, after })) {
            attempt = 1;
            after = info.key;
            yield info;
          }
          return;
        } catch (thrown) {
          await pause(thrown, attempt, false, `list ${prefix}`, op.signal);
        }
      }
    }

    const around: AroundRequest = (operation, key, op, work) =>
      repeat(`${operation} ${key}`, op.signal, () => work(op), operation !== "complete upload");

    return {
      ...relay(inner),
      head: (key, op) => repeat(`head ${key}`, op.signal, () => inner.head(key, op)),
      read: (key, op) => repeat(`read ${key}`, op.signal, () => inner.read(key, op)),
      write: (key, body, op) =>
        repeat(`write ${key}`, op.signal, () => inner.write(key, body, op), op.when === undefined),
      remove: (key, op) => repeat(`remove ${key}`, op.signal, () => inner.remove(key, op)),
      list,
      ...(inner.multipart === undefined ? {} : { multipart: aroundMultipart(inner.multipart, around) }),
    };
  };
}
