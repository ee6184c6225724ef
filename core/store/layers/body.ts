import { Readable } from "node:stream";
import { StoreError } from "../../plugin/driver.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import type { Account } from "../account.ts";
import { abortedError } from "./relay.ts";
import { asStoreError } from "./within.ts";

/** Milliseconds after which a reader that takes nothing is taken for gone: a slow disk may well need a minute. */
const slowestReaderMs = 600_000;

export interface BodyLimits {
  readonly clock: Clock;
  /** Milliseconds that a reader waits for the next bytes. A reader that is slow itself gets ten minutes for each chunk. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Bytes that the answer announced. */
  readonly size: number;
  readonly what: string;
  readonly account: Account;
}

/**
 * The body as callers get it: it fails with `StoreError` only, ends early when the signal aborts, stalls no longer than
 * `idleMs`, and never ends as if it were whole after fewer or more bytes than announced. Destroying it frees the inner one. One that
 * nobody reads is broken off, since it holds a connection and a slot of its store.
 */
export function guardBody(inner: Readable, limits: BodyLimits): Readable {
  const { clock, signal, size, what, account } = limits;
  let received = 0;
  let cancel = () => {};

  const wait = () => {
    cancel();
    cancel = clock.after(limits.idleMs, () => {
      const message = `${what}: no bytes for ${limits.idleMs} ms after ${received} of ${size}`;
      outer.destroy(new StoreError("timeout", message, { retry: "safe" }));
    });
  };
  const awaitReader = () => {
    cancel();
    cancel = clock.after(slowestReaderMs, () => {
      const message = `${what}: its reader took no byte for ${slowestReaderMs} ms; read or destroy every body`;
      outer.destroy(new StoreError("timeout", message, { retry: "safe" }));
    });
  };
  const giveUp = () => outer.destroy(abortedError(what));
  const breakOff = (found: string) =>
    outer.destroy(new StoreError("unavailable", `${what}: the body ${found} ${received} of ${size} bytes`));

  const outer = new Readable({
    read() {
      cancel();
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
    account.receiveBytes(chunk.byteLength);
    if (received > size) breakOff("goes on after");
    else if (!outer.push(chunk)) {
      inner.pause();
      awaitReader();
    }
  });
  inner.pause();
  inner.on("end", () => {
    cancel();
    if (received < size) breakOff("ended after");
    else {
      outer.push(null);
      if (!outer.destroyed) awaitReader();
    }
  });
  inner.on("error", (thrown: unknown) => {
    const broken = thrown instanceof Error && "code" in thrown;
    if (broken && !(thrown instanceof StoreError)) breakOff(`broke off (${String(thrown.code)}) after`);
    else outer.destroy(asStoreError(thrown, what));
  });
  inner.on("close", () => {
    if (!inner.readableEnded && !outer.destroyed) breakOff("broke off after");
  });
  awaitReader();
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp, { once: true });
  return outer;
}
