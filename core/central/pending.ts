import { createHash } from "node:crypto";
import { readDocument } from "../command/document.ts";
import { batchName, unreadBatchName, versionOf } from "../command/identity.ts";
import { documentKey, reportKeys } from "../command/report.ts";
import type { Limits } from "../config/configuration.ts";
import type { ObjectInfo, Operation } from "../plugin/driver.ts";
import type { Store } from "../plugin/surroundings.ts";

/** The document that lies in `incoming` for a service. */
export interface FoundDocument {
  readonly info: ObjectInfo;
  /** The name that a device gives to it (SPEC 3.5). */
  readonly batch: string;
  /** A device has reported it. */
  readonly isTaken: boolean;
}

/** What lies in the way of a new document; undefined when nothing does. Throws `StoreError`. */
export async function findDocument(
  stores: { readonly incoming: Store; readonly status: Store },
  service: string,
  limits: Limits,
  op: Operation,
): Promise<FoundDocument | undefined> {
  const answer = await stores.incoming.read(documentKey(service), { signal: op.signal });
  if (answer.status !== "ok") return undefined;
  const { info } = answer;
  let batch: string;
  if (info.size > limits.documentBytes) {
    answer.body.destroy();
    batch = unreadBatchName(info);
  } else {
    batch = nameBatch(Buffer.concat(await answer.body.toArray({ signal: op.signal })), info, limits);
  }
  const isTaken = (await stores.status.head(reportKeys.result(service, batch), op)) !== "missing";
  return { info, batch, isTaken };
}

/** As the device names it: its own id where the document can be read, else its digest and version. */
function nameBatch(bytes: Uint8Array, info: ObjectInfo, limits: Limits): string {
  const digest = batchName(createHash("sha256").update(bytes).digest("hex"), versionOf(info));
  try {
    return readDocument(bytes, limits).id ?? digest;
  } catch {
    // The device answers such a document too, with a report that says what is wrong with it.
    return digest;
  }
}
