import type { Report } from "../command/report.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Clock, Store } from "../plugin/surroundings.ts";
import { readJsonObject, unreadable } from "./object.ts";

const firstWaitMs = 200;
const longestWaitMs = 2_000;
/** Bytes of a report at the most: far above any that a device makes with its limits as they come. */
const largestReport = 256 * 1024 * 1024;

/** A report that lies in `status`; undefined when there is none. Throws `StoreError`, "object-unreadable". */
async function readReport(status: Store, key: string, signal: AbortSignal): Promise<Report | undefined> {
  const found = await readJsonObject(status, key, largestReport, signal);
  if (found === undefined || isReport(found)) return found;
  throw unreadable(status, key, "it is not of the shape of a report");
}

function isReport(content: unknown): content is Report {
  if (typeof content !== "object" || content === null || !("commands" in content)) return false;
  return Array.isArray(content.commands) && "general_status" in content;
}

/**
 * Waits until the report of a batch is there, at most `limitMs`; undefined when it did not come. A store that does not answer for
 * a while is asked again. Throws `StoreError` for what waiting does not mend, and the signal's reason when it aborts.
 */
export async function awaitReport(
  status: Store,
  key: string,
  around: {
    readonly clock: Clock;
    readonly limitMs: number;
    readonly signal: AbortSignal;
    /** Called before each look, with the milliseconds waited so far. */
    readonly onLook?: (waitedMs: number) => void;
  },
): Promise<Report | undefined> {
  const { clock, limitMs, signal } = around;
  const begun = clock.elapsed();
  for (let wait = firstWaitMs; ; wait = Math.min(longestWaitMs, wait * 1.5)) {
    const waited = clock.elapsed() - begun;
    around.onLook?.(waited);
    try {
      const report = await readReport(status, key, signal);
      if (report !== undefined) return report;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof StoreError) || thrown.retry === "never") throw thrown;
    }
    const left = limitMs - (clock.elapsed() - begun);
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(wait, left), signal);
  }
}
