import { fault, RustiqError, reasonOf } from "../../errors.ts";
import { isDiskFull } from "../../ports/files.ts";
import { workInParallel } from "../parallel.ts";
import type { MirrorOptions, Transfer } from "./outcome.ts";

/** Transfers at once where nothing else is said. */
const usualConcurrency = 8;
/** Failures after which the others are not tried. */
const mostFailures = 10;

export function concurrencyOf({ concurrency }: Pick<MirrorOptions, "concurrency">): number {
  return Math.max(1, Math.floor(concurrency ?? usualConcurrency));
}

export type TransferWork = (
  transfer: Transfer,
  op: { readonly signal: AbortSignal; readonly onProgress: (doneBytes: number, totalBytes: number) => void },
) => Promise<number | "vanished">;

/**
 * Does the transfers, several at once, and answers the bytes. One that fails does not keep the others from being done, but a full
 * disk does. Throws "mirror-incomplete" when any failed, the reason of the signal when it aborts.
 */
export async function runTransfers(
  transfers: readonly Transfer[],
  options: MirrorOptions,
  work: TransferWork,
): Promise<number> {
  const failures: { readonly name: string; readonly thrown: unknown }[] = [];
  const tell = options.onEvent ?? (() => undefined);
  let bytes = 0;
  await workInParallel(transfers, concurrencyOf(options), options.signal, async (transfer, signal) => {
    const { name } = transfer;
    if (failures.length >= mostFailures) return;
    const onProgress = (doneBytes: number, totalBytes: number) =>
      tell({ type: "progress", name, doneBytes, totalBytes });
    try {
      const done = await work(transfer, { signal, onProgress });
      if (done === "vanished") return tell({ type: "vanished", name });
      bytes += done;
      tell({ type: "transferred", name, bytes: done });
    } catch (thrown) {
      const isFull = isDiskFull(thrown) || (thrown instanceof RustiqError && thrown.code === "disk-full");
      if (signal.aborted || isFull) throw thrown;
      failures.push({ name, thrown });
    }
  });
  if (failures.length === 0) return bytes;
  const told = failures.slice(0, 3).map(({ name, thrown }) => `${name}: ${reasonOf(thrown)}`);
  const reasons = [...told, ...(failures.length > 3 ? ["…"] : [])].join("; ");
  const details = { failed: failures.length, count: transfers.length, reasons };
  throw fault("mirror-incomplete", details, { cause: failures[0]?.thrown });
}
