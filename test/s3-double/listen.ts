import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bucket, Change } from "./bucket.ts";
import type { Fault } from "./faults.ts";
import type { Asked } from "./request.ts";

/** As often as MinIO sends a space while nothing happens. Milliseconds. */
const keepAliveMs = 500;

/** The bucket that a request wants to hear of; undefined for every other request. */
export function findListened(buckets: ReadonlyMap<string, Bucket>, asked: Asked): Bucket | undefined {
  return asked.operation === "ListenBucketNotification" ? buckets.get(asked.bucket) : undefined;
}

/** MinIO's endless answer: a line of JSON for each change. `stallBodyAt` and `endBodyAt` count its lines. */
export async function tellChanges(
  bucket: Bucket,
  { query }: Asked,
  response: ServerResponse,
  { endBodyAt, stallBodyAt }: Fault,
  gone: AbortSignal,
): Promise<void> {
  const [prefix, suffix] = [query.get("prefix") ?? "", query.get("suffix") ?? ""];
  const events = query.getAll("events").map((event) => event.replace("*", ""));
  let lines = 0;
  const tell = ({ eventName, key }: Change) => {
    if (!key.startsWith(prefix) || !key.endsWith(suffix)) return;
    if (!events.some((event) => eventName.startsWith(event)) || lines++ >= (stallBodyAt ?? Number.POSITIVE_INFINITY))
      return;
    const object = { key: encodeURIComponent(key).replaceAll("%20", "+") };
    const record = { eventVersion: "2.0", eventName, s3: { bucket: { name: bucket.name }, object } };
    response.write(`${JSON.stringify({ Records: [record] })}\n`);
    if (lines === endBodyAt) response.end();
  };
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" }).flushHeaders();
  if (endBodyAt === 0) return void response.end();
  bucket.listeners.add(tell);
  try {
    while (!gone.aborted) {
      await sleep(keepAliveMs, undefined, { signal: gone }).catch(() => undefined);
      if (!response.writableEnded && !gone.aborted && stallBodyAt === undefined) response.write(" ");
    }
  } finally {
    bucket.listeners.delete(tell);
  }
}
