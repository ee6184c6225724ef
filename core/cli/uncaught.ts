import { reasonOf } from "../errors.ts";
import type { Ports } from "../ports/ports.ts";
import type { Runtime } from "../runtime.ts";
import { exitCodes } from "./failure.ts";

/**
 * An error that nobody caught and that belongs to a plugin costs that plugin's service alone. One that is nobody's leaves the device
 * in an unknown state, and ends it; the journal knows how to go on from there.
 */
export function answerForUncaught(runtime: Runtime, { log }: Pick<Ports, "log">): void {
  const answer = (thrown: unknown) => {
    if (runtime.takeUncaught(thrown)) return;
    log.error(`the device ends: ${reasonOf(thrown)}`, { error: thrown });
    process.exit(exitCodes.failed);
  };
  // The callback and not the event: it takes the place of the listener that ends every other command at such an error.
  process.setUncaughtExceptionCaptureCallback(answer);
  process.on("unhandledRejection", answer);
}
