import { resolve } from "node:path";
import { mirrorDown } from "../../transfer/mirror/down.ts";
import type { MirrorEvent, MirrorOutcome } from "../../transfer/mirror/outcome.ts";
import { mirrorUp } from "../../transfer/mirror/up.ts";
import { exitCodes } from "../failure.ts";
import type { SyncOptions } from "../groups/store.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import { Bar, countFiles, showBytes } from "./bar.ts";
import { type Hand, withStore } from "./open.ts";

/** `rustiq store sync`: a prefix into a folder, or with `up` a folder into a prefix. */
export function syncStore(
  store: string,
  prefix: string,
  folder: string,
  options: SyncOptions,
  terminal: Terminal,
): Promise<number> {
  return withStore(store, options, terminal, async (hand) => {
    const { up, delete: removes, force, dryRun, atomic, concurrency, maxObjects, mode } = options;
    const onEvent = follow(hand);
    const { signal } = hand;
    const share = { maxDeleteShare: options.maxDelete / 100, delete: removes, force };
    const asked = { ...share, signal, dryRun, concurrency, maxObjects, onEvent };
    const path = resolve(folder);
    const outcome =
      up === true
        ? await mirrorUp(hand.parts, hand.store, prefix, path, asked)
        : await mirrorDown(hand.parts, hand.store, prefix, path, { ...asked, atomic, mode });
    if (dryRun === true) showPlan(outcome, hand);
    tellEnd(outcome, dryRun === true, hand);
    return exitCodes.done;
  });
}

/** Shows what happens: a bar where somebody watches, a JSON line each with `--json`. */
function follow({ terminal, parts, answersJson }: Hand): (event: MirrorEvent) => void {
  const bar = new Bar(terminal, parts.clock);
  const underWay = new Map<string, number>();
  let [planned, files, doneFiles, doneBytes, runningBytes] = [0, 0, 0, 0, 0];
  return (event) => {
    if (event.type === "planned") [planned, files] = [event.bytes, event.transfers];
    if (answersJson && event.type !== "progress") {
      terminal.answersJson = false;
      const { type, ...rest } = event;
      terminal.print(JSON.stringify({ event: type, ...rest }));
    }
    if (event.type === "progress") {
      runningBytes += event.doneBytes - (underWay.get(event.name) ?? 0);
      underWay.set(event.name, event.doneBytes);
    } else if (event.type === "transferred" || event.type === "vanished") {
      runningBytes -= underWay.get(event.name) ?? 0;
      underWay.delete(event.name);
      doneFiles += 1;
      doneBytes += event.type === "transferred" ? event.bytes : 0;
    } else return;
    bar.show(`${doneFiles} of ${countFiles(files)}`, doneBytes + runningBytes, planned);
  };
}

function showPlan({ transfers, removals }: MirrorOutcome, { terminal, answersJson }: Hand): void {
  for (const { name, bytes, why } of transfers) {
    if (answersJson) terminal.print(JSON.stringify({ event: "would-transfer", name, bytes, why }));
    else terminal.print(`would transfer  ${makeVisible(name)}  ${showBytes(bytes)}, ${why}`);
  }
  for (const name of removals) {
    if (answersJson) terminal.print(JSON.stringify({ event: "would-remove", name }));
    else terminal.print(`would remove  ${makeVisible(name)}`);
  }
}

function tellEnd(outcome: MirrorOutcome, isDryRun: boolean, { terminal, answersJson, account }: Hand): void {
  const { transfers, removals, unchanged, bytes, ignored } = outcome;
  if (answersJson) {
    const counts = { transferred: transfers.length, removed: removals.length, unchanged, ignored: ignored.length };
    terminal.answersJson = false;
    terminal.print(JSON.stringify({ event: "end", dry_run: isDryRun, ...counts, bytes, traffic: account.describe() }));
    return;
  }
  for (const name of ignored.slice(0, 10)) terminal.tell(`left alone, a link or special file: ${name}`);
  if (ignored.length > 10) terminal.tell(`left alone: ${ignored.length - 10} more links and special files`);
  const would = isDryRun ? "would be " : "";
  const size = isDryRun ? "" : ` (${showBytes(bytes)})`;
  terminal.print(
    `${countFiles(transfers.length)} ${would}transferred${size}, ${removals.length} ${would}removed, ${unchanged} unchanged`,
  );
}
