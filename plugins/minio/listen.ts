import { Readable } from "node:stream";
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { type Clock, StoreError } from "rustiq/plugin";
import { readFailure, toStoreError } from "../s3/errors.ts";

export interface ListenOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Milliseconds to the head of the answer. */
const answerMs = 10_000;
/** MinIO sends a space or a line's end every few seconds while there is nothing to tell; a line that is silent this long is dead. */
const silenceMs = 60_000;

/**
 * MinIO's ListenBucketNotification: an answer without an end, with a line of JSON for each change. Yields when the server listens,
 * and then for each piece of it in which there is an event; nothing of it is kept. What broke off is not begun again from here. Throws
 * `StoreError`, "unsupported" from a server that takes the request for a listing, as those do that do not know it.
 */
export async function* listen({ client, bucket, prefix, clock, signal }: ListenOptions): AsyncGenerator<void> {
  const what = `watch ${prefix} in bucket ${bucket}`;
  const over = new AbortController();
  const end = () => over.abort();
  let isSilent = false;
  const expectBytes = (ms: number) =>
    clock.after(ms, () => {
      isSilent = true;
      end();
    });
  let body: Readable | undefined;
  let cancel = expectBytes(answerMs);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  over.signal.addEventListener("abort", () => body?.destroy(), { once: true });
  try {
    body = await openStream(client, bucket, prefix, over.signal);
    cancel();
    yield;
    cancel = expectBytes(silenceMs);
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      // Whoever is told may take his time.
      cancel();
      if (chunk.some((byte) => byte > space)) yield;
      cancel = expectBytes(silenceMs);
    }
    if (!signal.aborted) throw new StoreError("unavailable", `${what}: the server ended it`);
  } catch (thrown) {
    if (signal.aborted) return;
    if (isSilent) throw new StoreError("timeout", `${what}: the server fell silent`);
    throw toStoreError(thrown, what, false);
  } finally {
    cancel();
    signal.removeEventListener("abort", end);
    end();
  }
}

const space = 0x20;

/** The SDK does not know the request: a listing of the same bucket is given its query, signed as such, and not read as a listing. */
async function openStream(client: S3Client, Bucket: string, prefix: string, signal: AbortSignal): Promise<Readable> {
  const command = new ListObjectsV2Command({ Bucket });
  let answer: Answer | undefined;
  command.middlewareStack.add(
    (next) => (args) => {
      const events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"];
      Object.assign(args.request as object, { query: { prefix, suffix: "", events } });
      return next(args);
    },
    { step: "build", name: "listen" },
  );
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as Answer;
      if (response.statusCode >= 300) return result;
      answer = { ...response };
      return { ...result, response: Object.assign(response, { body: Readable.from(["<ListBucketResult/>"]) }) };
    },
    { step: "deserialize", name: "keepStream", priority: "low" },
  );
  await client.send(command, { abortSignal: signal }).catch((thrown: unknown) => {
    // Ceph knows a name once in a query, also when it signs; keys that are wrong are told as that by every other request.
    throw readFailure(thrown).name === "SignatureDoesNotMatch" ? tellsNothing(Bucket) : thrown;
  });
  const body = answer?.body;
  if (!(body instanceof Readable)) throw new StoreError("unavailable", `bucket ${Bucket}: the answer has no body`);
  body.on("error", () => undefined);
  if (signal.aborted || !/^text\/event-stream\b/.test(answer?.headers["content-type"] ?? "")) {
    body.destroy();
    throw tellsNothing(Bucket);
  }
  return body;
}

function tellsNothing(bucket: string): StoreError {
  return new StoreError(
    "unsupported",
    `bucket ${bucket}: its server does not tell of changes; it is looked at instead`,
  );
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
