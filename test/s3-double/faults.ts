import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Asked, Reply } from "./request.ts";

/** What goes wrong with one request. Members can be combined. */
export interface Fault {
  /** Milliseconds before anything is done. */
  readonly delayMs?: number;
  /** Answered instead of carrying it out; status 200 gives an error document where success was expected. */
  readonly refuse?: { readonly status: number; readonly code: string; readonly retryAfter?: string };
  /** The connection is reset without an answer: "before" it was carried out, or "after" it: the acknowledgement is lost. */
  readonly reset?: "before" | "after";
  /** No answer ever, likewise. */
  readonly stall?: "before" | "after";
  /** The connection is reset after so many bytes of the request's body. */
  readonly resetRequestAt?: number;
  /** The answer is that of a server that does not look at conditions of writes. */
  readonly ignoreConditions?: boolean;
  /** The whole object with status 200, whatever range was asked for. */
  readonly ignoreRange?: boolean;
  /** The answered range lies so many bytes beside the one that was asked for, and says so. */
  readonly shiftRange?: number;
  /** The head of the answer gives the right range where `shiftRange` moved it. */
  readonly hidesShift?: boolean;
  /** Bit 0 of this byte of the answer's body is the other one. */
  readonly flipAt?: number;
  /** From this byte of the answer's body on, 16 KiB come twice; what no longer fits the length is missing at its end. */
  readonly repeatAt?: number;
  /** The answer's body has so many bytes, and its Content-Length says so. */
  readonly shortenTo?: number;
  /** The connection ends in order after so many bytes of the answer's body; Content-Length announced all. */
  readonly endBodyAt?: number;
  /** The connection is reset after so many bytes of the answer's body. */
  readonly resetBodyAt?: number;
  /** Nothing comes after so many bytes of the answer's body, the connection stays. */
  readonly stallBodyAt?: number;
  /** How fast the answer's body goes. */
  readonly bytesPerSecond?: number;
}

/** Asked for each request when its head has come. */
export type FaultChoice = (asked: Asked) => Fault | undefined;

const repeated = 16 * 1024;
const chunkSize = 64 * 1024;
const tick = 20;

function spoil(body: Uint8Array, fault: Fault): Uint8Array {
  let bytes = body;
  const { flipAt, repeatAt, shortenTo } = fault;
  if (repeatAt !== undefined && repeatAt < bytes.byteLength) {
    const parts = [bytes.subarray(0, repeatAt + repeated), bytes.subarray(repeatAt)];
    bytes = Buffer.concat(parts).subarray(0, bytes.byteLength);
  }
  if (flipAt !== undefined && flipAt < bytes.byteLength) {
    bytes = Buffer.from(bytes);
    bytes[flipAt] = (bytes[flipAt] ?? 0) ^ 1;
  }
  return shortenTo === undefined ? bytes : bytes.subarray(0, shortenTo);
}

async function pass(response: ServerResponse, chunk: Uint8Array, gone: AbortSignal): Promise<void> {
  if (response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off("drain", go);
      gone.removeEventListener("abort", go);
      resolve();
    };
    response.once("drain", go);
    gone.addEventListener("abort", go, { once: true });
  });
}

/** Resolves when the connection is closed; the other side or the end of the server does that. */
export function hang(gone: AbortSignal): Promise<void> {
  if (gone.aborted) return Promise.resolve();
  return new Promise((resolve) => gone.addEventListener("abort", () => resolve(), { once: true }));
}

/** Sends an answer with what is wrong with it; `note` hears how many bytes of its body went out. `gone`: the connection is closed. */
export async function deliver(
  response: ServerResponse,
  reply: Reply,
  fault: Fault,
  gone: AbortSignal,
  note: (sent: number) => void,
): Promise<void> {
  const isBodiless = response.req.method === "HEAD" || reply.status === 304 || reply.status === 204;
  const body = spoil(reply.body, fault);
  const length = reply.status === 204 || reply.status === 304 ? {} : { "content-length": String(body.byteLength) };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  if (isBodiless) return void response.end();
  const limit = Math.min(
    fault.endBodyAt ?? Number.POSITIVE_INFINITY,
    fault.resetBodyAt ?? Number.POSITIVE_INFINITY,
    fault.stallBodyAt ?? Number.POSITIVE_INFINITY,
    body.byteLength,
  );
  const step = fault.bytesPerSecond === undefined ? chunkSize : Math.max(1, (fault.bytesPerSecond * tick) / 1000);
  if (limit === 0) response.flushHeaders();
  for (let at = 0; at < limit && !gone.aborted; ) {
    const end = Math.floor(Math.min(at + step, limit));
    await pass(response, body.subarray(at, end), gone);
    note(end - at);
    at = end;
    if (fault.bytesPerSecond !== undefined) await sleep(tick, undefined, { signal: gone }).catch(() => undefined);
  }
  if (limit === body.byteLength) return void response.end();
  // What was written must be on its way before the connection goes.
  if (!gone.aborted) await sleep(tick, undefined, { signal: gone }).catch(() => undefined);
  if (fault.stallBodyAt === limit) return hang(gone);
  if (fault.resetBodyAt === limit) response.socket?.resetAndDestroy();
  else response.socket?.destroySoon();
}
