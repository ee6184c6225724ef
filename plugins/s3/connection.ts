import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "rustiq/plugin";
import { type BucketOptions, createClient } from "./client.ts";
import { readDate } from "./date.ts";
import { learnFromRefusals } from "./lesson.ts";

/** The client of one store as its driver uses it; nothing is sent before the first command. */
export function connect(options: BucketOptions, clock: Clock): S3Client {
  const client = createClient(options);
  readDate(client);
  learnFromRefusals(client, clock);
  endWaits(client);
  return client;
}

type Send = (command: unknown, options?: { readonly abortSignal?: AbortSignal }) => Promise<unknown>;

/** The SDK hears the signal once it has credentials, which it waits for on its own; then it sends nothing when that has aborted. */
function endWaits(client: S3Client): void {
  const send = client.send.bind(client) as Send;
  const sendOrEnd: Send = (command, options) => {
    const sent = send(command, options);
    const signal = options?.abortSignal;
    if (signal === undefined) return sent;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        reject(Object.assign(new Error("its signal aborted"), { name: "AbortError" }));
        sent.then(discard, () => undefined);
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      sent.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
    });
  };
  client.send = sendOrEnd as S3Client["send"];
}

/** An answer that nobody waits for any more gives its connection back. */
function discard(answer: unknown): void {
  if (typeof answer === "object" && answer !== null && "Body" in answer && answer.Body instanceof Readable)
    answer.Body.destroy();
}
