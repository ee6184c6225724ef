import { exitCodes } from "../failure.ts";
import type { StoreOptions } from "../groups/store.ts";
import type { Terminal } from "../terminal.ts";
import { makeVisible } from "../terminal.ts";
import { describeObject, showTime } from "./object.ts";
import { withStore } from "./open.ts";

/** `rustiq store ls`: a line each as they come; with `--json` one JSON document a line. */
export function listStore(store: string, prefix: string, options: StoreOptions, terminal: Terminal): Promise<number> {
  return withStore(store, options, terminal, async (hand) => {
    for await (const info of hand.store.list(prefix, { signal: hand.signal })) {
      if (hand.answersJson) terminal.print(JSON.stringify(describeObject(info)));
      else terminal.print(`${String(info.size).padStart(12)}  ${showTime(info.modifiedAt)}  ${makeVisible(info.key)}`);
      // Lines are being given: a fault from here on is told in words only.
      terminal.answersJson = false;
      // Whoever read has seen enough.
      if (process.stdout.destroyed) break;
    }
    hand.signal.throwIfAborted();
    return exitCodes.done;
  });
}
