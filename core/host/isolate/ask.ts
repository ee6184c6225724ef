import type { Call } from "../../plugin/contract.ts";
import type { Clock, Json } from "../../plugin/surroundings.ts";
import { pathOf } from "../../plugin/written.ts";
import type { CallSet } from "./call-set.ts";
import { RefusedAnswer } from "./definition.ts";
import type { Life } from "./life.ts";
import { answerSchema, type CallGiven } from "./protocol.ts";
import { reviveError } from "./wire.ts";

/** Milliseconds that a handler has to end in after its abort, before its process is ended. */
const abortLimitMs = 2000;

/** Asks one life of a guest to run a command, and brings what it keeps to the device. Throws `LinkEnded` when that life ends meanwhile. */
export async function askOnce(
  life: Life,
  command: string,
  call: Call,
  { clock, calls }: { readonly clock: Clock; readonly calls: CallSet },
): Promise<Json | RefusedAnswer> {
  const { signal, attempt, restarted } = call;
  const { invocation, limitMs } = pathOf(call);
  const number = calls.add(call);
  let endWaiting = () => {};
  const onAbort = () => {
    endWaiting = clock.after(abortLimitMs, () =>
      life.end(`${command} went on for ${abortLimitMs} ms after it was told to end`),
    );
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const given: CallGiven = { number, command, invocation, limitMs, attempt, restarted };
    const { result, kept, fault } = answerSchema.parse(await life.link.ask("call", given, signal));
    for (const [name, value] of kept) {
      // Resolves when the result is durable; the guest's own promise follows.
      void call.keep(name, value).then(() => life.link.tell("kept", { number, name }));
    }
    return fault === undefined ? (result ?? null) : new RefusedAnswer(reviveError(fault));
  } finally {
    signal.removeEventListener("abort", onAbort);
    endWaiting();
    calls.remove(number);
  }
}
