import { reasonOf } from "../../errors.ts";
import { StoreError } from "../../plugin/driver.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import { abortedError } from "./relay.ts";

export interface Limits {
  readonly clock: Clock;
  /** Milliseconds without an answer or, where `extend` is called, without progress. */
  readonly ms: number;
  readonly outer: AbortSignal;
  /** What is waited for, for messages: `read incoming/x`. */
  readonly what: string;
  /** Whether something may have been done although no answer came. */
  readonly changes: boolean;
}

/** What a driver threw as a `StoreError`. Anything else is a fault of the driver, which repeating does not mend. */
export function asStoreError(thrown: unknown, what: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  return new StoreError("unavailable", `${what}: the backend failed with ${reasonOf(thrown)}`, {
    retry: "never",
    cause: thrown,
  });
}

/**
 * Runs `work` with a signal that aborts at the limit or with `outer`, and does not wait for a driver that ignores it. Rejects
 * with `StoreError` only. `discard` gets an answer that came too late.
 */
export function within<T>(
  limits: Limits,
  work: (signal: AbortSignal, extend: () => void) => Promise<T>,
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  const { clock, ms, outer, what } = limits;
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    let settled = false;
    let cancel = () => {};
    const settle = () => {
      settled = true;
      cancel();
      outer.removeEventListener("abort", follow);
    };
    const giveUp = (error: StoreError) => {
      settle();
      controller.abort(error);
      reject(error);
    };
    const follow = () => giveUp(abortedError(what));
    const extend = () => {
      cancel();
      if (!settled) cancel = clock.after(ms, () => giveUp(timeoutError(limits)));
    };
    if (outer.aborted) return follow();
    outer.addEventListener("abort", follow, { once: true });
    extend();
    const run = async () => work(controller.signal, extend);
    run().then(
      (value) => {
        if (settled) return discard(value);
        settle();
        resolve(value);
      },
      (thrown: unknown) => {
        if (settled) return;
        settle();
        reject(asStoreError(thrown, what));
      },
    );
  });
}

function timeoutError({ what, ms, changes }: Limits): StoreError {
  return new StoreError("timeout", `${what}: no answer within ${Math.round(ms)} ms (limits.request_ms)`, {
    retry: changes ? "unknown-outcome" : "safe",
  });
}
