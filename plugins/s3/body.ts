import { Readable } from "node:stream";
import { type Body, readBody, StoreError, sizeOf } from "rustiq/plugin";
import { toStoreError } from "./errors.ts";

/** A body as the SDK takes it, with the signal to hand it over with. */
export interface SentBody {
  readonly body: Uint8Array | Readable;
  readonly signal: AbortSignal;
}

/**
 * Sends a body with `send`. The SDK pipes a stream and does not hear when it fails: the request would wait for the rest, so it is
 * given up here, and what the body failed with is thrown as `StoreError`.
 */
export async function sendBody<T>(
  body: Body,
  signal: AbortSignal,
  what: string,
  send: (sent: SentBody) => Promise<T>,
): Promise<T> {
  if (body instanceof Uint8Array) return send({ body, signal });
  const source = new AbortController();
  let broken: unknown;
  const stream = Readable.from(countBody(body, what), { objectMode: false }).on("error", (thrown) => {
    broken = thrown;
    source.abort();
  });
  try {
    return await send({ body: stream, signal: AbortSignal.any([signal, source.signal]) });
  } catch (thrown) {
    if (broken !== undefined && !signal.aborted) throw toStoreError(broken, `${what}: its body`, false);
    throw thrown;
  } finally {
    stream.destroy();
  }
}

/** The body's bytes; fails when they are not as many as it said, for which the server would wait. */
async function* countBody(body: Body, what: string): AsyncGenerator<Uint8Array> {
  const size = sizeOf(body);
  let count = 0;
  for await (const chunk of readBody(body)) {
    count += chunk.byteLength;
    if (count > size) break;
    yield chunk;
  }
  if (count !== size) throw new StoreError("corrupt", `${what}: the body gave ${count} bytes; expected ${size}`);
}

/** The answer's body, which ends when the signal aborts. */
export function endOnAbort(body: Readable, signal: AbortSignal, what: string): Readable {
  const giveUp = () => body.destroy(toStoreError({ name: "AbortError" }, what, false));
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp, { once: true });
  return body.once("close", () => signal.removeEventListener("abort", giveUp));
}
