import { Readable } from "node:stream";
import { StoreError } from "../../plugin/driver.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import { abortedError } from "./relay.ts";
import { asStoreError } from "./within.ts";

export interface BodyLimits {
  readonly clock: Clock;
  /** Milliseconds that a reader waits for the next bytes; a reader that is slow itself is not timed. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Bytes that the answer announced. */
  readonly size: number;
  readonly what: string;
}

/**
 * The body as callers get it: it fails with `StoreError` only, ends early when the signal aborts, stalls no longer than
 * `idleMs`, and never ends as if it were whole after fewer or more bytes than announced. Destroying it frees the inner one.
 */
export function guardBody(inner: Readable, limits: BodyLimits): Readable {
  const { clock, signal, size, what } = limits;
  let received = 0;
  let cancel = () => {};

  const wait = () => {
    cancel();
    cancel = clock.after(limits.idleMs, () => {
      const message = `${what}: no bytes for ${limits.idleMs} ms after ${received} of ${size}`;
      outer.destroy(new StoreError("timeout", message, { retry: "safe" }));
    });
  };
  const giveUp = () => outer.destroy(abortedError(what));
  const breakOff = (found: string) =>
    outer.destroy(new StoreError("unavailable", `${what}: the body ${found} ${received} of ${size} bytes`));

  const outer = new Readable({
    read() {
      if (inner.readableEnded || inner.destroyed) return;
      wait();
      inner.resume();
    },
    destroy(error, done) {
      cancel();
      signal.removeEventListener("abort", giveUp);
      inner.destroy();
      done(error);
    },
  });

  // Whoever reads it is told; until somebody does, a failure must not end the process.
  outer.on("error", () => undefined);
  inner.on("data", (chunk: Uint8Array) => {
    cancel();
    received += chunk.byteLength;
    if (received > size) breakOff("goes on after");
    else if (!outer.push(chunk)) inner.pause();
  });
  inner.pause();
  inner.on("end", () => {
    cancel();
    if (received < size) breakOff("ended after");
    else outer.push(null);
  });
  inner.on("error", (thrown: unknown) => {
    const broken = thrown instanceof Error && "code" in thrown;
    if (broken && !(thrown instanceof StoreError)) breakOff(`broke off (${String(thrown.code)}) after`);
    else outer.destroy(asStoreError(thrown, what));
  });
  inner.on("close", () => {
    if (!inner.readableEnded && !outer.destroyed) breakOff("broke off after");
  });
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp, { once: true });
  return outer;
}
