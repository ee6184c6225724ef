import { readDocument } from "../command/document.ts";
import { documentKey, reportKeys } from "../command/report.ts";
import type { Limits } from "../config/configuration.ts";
import { fault } from "../errors.ts";
import { StoreError, type WriteCondition } from "../plugin/driver.ts";
import type { Clock, Random, Store } from "../plugin/surroundings.ts";
import { findDocument } from "./pending.ts";

/** The two places that both sides share. */
export interface Exchange {
  readonly incoming: Store;
  readonly status: Store;
}

/** What an operator wants a service to run. */
export interface Order {
  readonly service: string;
  readonly expressions: readonly string[];
  /** The batch's name; a fresh one without it. */
  readonly id?: string | undefined;
  /** ISO 8601 with a time zone. */
  readonly expires?: string | undefined;
  readonly onError?: "continue" | "stop" | undefined;
  /** Overwrites a document that was not taken yet. */
  readonly replaces: boolean;
  /** Who is to take it, for messages. */
  readonly device: string;
}

export interface SentDocument {
  readonly service: string;
  readonly batch: string;
  /** In the store `incoming`. */
  readonly key: string;
  /** In the store `status`, once the device has answered. */
  readonly resultKey: string;
}

/** `20261123T101112Z-9f86d081`: sorts by time, and two senders of one second do not meet. */
function makeBatchId(clock: Clock, random: Random): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${random.hex(4)}`;
}

/** The document's bytes; throws the fault with which a device would refuse it. */
function writeDocument(order: Order, id: string, limits: Limits): Uint8Array {
  const document = {
    id,
    ...(order.expires === undefined ? {} : { expires: order.expires }),
    ...(order.onError === undefined ? {} : { on_error: order.onError }),
    commands: order.expressions.map((command) => ({ command })),
  };
  const bytes = Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`);
  readDocument(bytes, limits);
  return bytes;
}

/**
 * Puts a command document where the device looks for it. Throws "document-pending" when one is there that was not taken yet,
 * "batch-known" for an id that was reported before, the faults of a document, and `StoreError`.
 */
export async function sendDocument(
  order: Order,
  around: Exchange & {
    readonly clock: Clock;
    readonly random: Random;
    readonly limits: Limits;
    readonly signal: AbortSignal;
  },
): Promise<SentDocument> {
  const { incoming, status, limits, signal } = around;
  const { service, device } = order;
  const batch = order.id ?? makeBatchId(around.clock, around.random);
  const key = documentKey(service);
  const resultKey = reportKeys.result(service, batch);
  const bytes = writeDocument(order, batch, limits);
  if (order.id !== undefined && (await status.head(resultKey, { signal })) !== "missing") {
    throw fault("batch-known", { service, batch });
  }
  const pending = fault("document-pending", { key: `${incoming.name}/${key}`, device });
  let when: WriteCondition | undefined;
  if (!order.replaces) {
    const found = await findDocument({ incoming, status }, service, limits, { signal });
    if (found !== undefined && !found.isTaken) throw pending;
    if (found === undefined) when = incoming.can.createOnly ? { absent: true } : undefined;
    else when = incoming.can.compareAndSwap ? { match: found.info.etag } : undefined;
  }
  try {
    await incoming.write(key, bytes, { signal, when, contentType: "application/json" });
  } catch (thrown) {
    // Somebody else's document came in between.
    if (thrown instanceof StoreError && thrown.code === "conflict") throw pending;
    throw thrown;
  }
  return { service, batch, key, resultKey };
}
