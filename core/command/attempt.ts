import type { Events } from "../events.ts";
import type { Journal } from "../journal/journal.ts";
import { checkKept } from "../journal/kept.ts";
import type { EntryState, OpenBatch } from "../journal/state.ts";
import type { Json, Outcome } from "../plugin/surroundings.ts";
import { Keeping, untilAborted } from "./consequences.ts";
import type { Flusher } from "./flusher.ts";
import type { Invoker } from "./invoke.ts";
import type { Prepared } from "./prepared.ts";

/** One entry of an open batch. */
export interface Entry {
  readonly service: string;
  readonly open: OpenBatch;
  readonly index: number;
  readonly command: string;
  /** Bytes that are left for its result. */
  readonly room: number;
  readonly flusher: Flusher;
}

/** What came of one run of a handler. */
export interface Attempt {
  readonly outcome: Outcome;
  readonly keeping: Keeping;
}

/** Runs the handler; undefined when it restarts the runtime, which its next run is to judge. */
export async function perform(
  parts: { readonly journal: Journal; readonly events: Events; readonly invoker: Invoker },
  { service, open, index }: Entry,
  prepared: Prepared,
  run: {
    readonly attempt: number;
    readonly restarted: { readonly note: Json } | undefined;
    readonly cancel: AbortSignal;
    readonly again: (attempt: number) => Promise<void>;
  },
): Promise<Attempt | undefined> {
  const { journal, events, invoker } = parts;
  const { attempt, restarted, cancel, again } = run;
  const keeping = new Keeping(prepared.service, (kept) => checkKept(journal.state, kept));
  const controller = new AbortController();
  const { signal } = controller;
  const follow = () => controller.abort(cancel.reason);
  if (cancel.aborted) follow();
  else cancel.addEventListener("abort", follow, { once: true });
  let isRestarting = false;
  let isOver = false;
  const restart = async (note: Json, ended: AbortSignal): Promise<never> => {
    // A handler that was left to itself may ask for it when the entry of this number is another batch's.
    if (isOver) throw new Error("the command has ended: restart() is for its handler while it runs");
    const state = open.entries.get(index);
    const before: EntryState | undefined = state === undefined ? undefined : { ...state };
    try {
      await journal.append([{ t: "restarting", service, entry: index, note }], { durable: true });
    } catch (thrown) {
      if (!isOver) journal.note([{ t: "spared", service, entry: index, before }]);
      throw thrown;
    }
    if (isOver) throw new Error("the command has answered meanwhile: its answer stands, and nothing is restarted");
    if (isRestarting) return untilAborted(ended);
    isRestarting = true;
    events.tell("restart", { service, batch: open.batch });
    controller.abort(new Error("the runtime restarts"));
    return untilAborted(ended);
  };
  try {
    const options = { signal, attempt, restarted, keeping, restart, again, entry: { batch: open.batch, index } };
    const outcome = await invoker.settle(() => prepared.run(options));
    return isRestarting ? undefined : { outcome, keeping };
  } finally {
    isOver = true;
    cancel.removeEventListener("abort", follow);
  }
}
