import type { Outcome } from "rustiq/plugin";
import { type Answer, MemoryState, RecordedCalls, startService, VirtualClock } from "rustiq/testkit";
import scheduler from "../../../plugins/scheduler/index.ts";

export const minute = 60_000;
export const show = { service: "display", job: "show", expression: "display_image('a.png')" };

/** A started scheduler and what it runs on. */
export async function start(
  options: { clock?: VirtualClock; state?: MemoryState; answer?: Answer; config?: unknown } = {},
) {
  const { clock = new VirtualClock(), state = new MemoryState(), config = {} } = options;
  const calls = new RecordedCalls(options.answer);
  return { clock, state, calls, service: await startService(scheduler, { clock, state, calls, config }) };
}

/** Runs that end when the test says so. */
export function openRuns() {
  const ends: (() => void)[] = [];
  let most = 0;
  let open = 0;
  const answer: Answer = (_, { signal }) =>
    new Promise<Outcome>((resolve) => {
      open += 1;
      most = Math.max(most, open);
      const end = (outcome: Outcome) => () => {
        open -= 1;
        resolve(outcome);
      };
      ends.push(end({ status: "ok", result: "done" }));
      signal.addEventListener("abort", end({ status: "error", result: "cancelled" }), { once: true });
    });
  return { answer, endNext: () => ends.shift()?.(), most: () => most };
}

/** The names of `show` alone. */
export const showNames = { service: "display", job: "show" };
