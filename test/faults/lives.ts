import { existsSync, type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../core/plugin/surroundings.ts";
import { between } from "./documents.ts";
import { type Life, onceArgs } from "./program.ts";

/** A kill that waits for something waits no longer than this, in milliseconds. */
const longestWaitMs = 3_000;

/** When a life is ended. */
type Moment =
  /** So long after its start: often while it recovers from the last kill. */
  | { readonly after: "start"; readonly ms: number }
  | { readonly after: "ready"; readonly ms: number }
  /** At this many changes of the journal's folder: close to a write. Those of the start are counted, or are not. */
  | { readonly after: "journal"; readonly changes: number; readonly countsStart: boolean };

/** Also which command is run: `run --once` has its own way to the end. */
export interface Plan {
  readonly args: readonly string[];
  readonly moment: Moment;
  /** A SIGTERM comes first, and the kill so many milliseconds later: into the stop. */
  readonly stopMs?: number;
}

/** `startMs` is about what the program takes to its first poll, `workMs` what it takes for a few documents. */
export function makePlan(random: Random, startMs: number, workMs: number): Plan {
  const kind = random.float();
  const isOnce = random.float() < 0.25;
  const args = isOnce ? onceArgs : ["run"];
  if (kind < 0.2 || (isOnce && kind < 0.6)) {
    const ms = between(random, isOnce ? startMs / 2 : 0, isOnce ? startMs + workMs : 1.2 * startMs);
    return { args, moment: { after: "start", ms } };
  }
  const moment = { after: "ready", ms: between(random, 0, workMs) } as const;
  if (!isOnce && kind < 0.3) return { args, moment, stopMs: between(random, 0, 100) };
  if (kind < 0.6) return { args, moment };
  const countsStart = isOnce || random.float() < 0.3;
  return { args, moment: { after: "journal", changes: between(random, 1, 40), countsStart } };
}

/** Ends a life as planned, unless it is over before. */
export async function endLife(life: Life, folder: string, plan: Plan): Promise<void> {
  await awaitMoment(life, folder, plan.moment);
  // Before it is ready nobody answers to a SIGTERM.
  if (plan.stopMs !== undefined && (await Promise.race([life.ready, sleep(0, false)]))) {
    life.kill("SIGTERM");
    await Promise.race([life.ended, sleep(plan.stopMs)]);
  }
  life.kill("SIGKILL");
}

async function awaitMoment(life: Life, folder: string, moment: Moment): Promise<void> {
  const over = life.ended.then(() => undefined);
  if (moment.after === "start") return Promise.race([over, sleep(moment.ms)]);
  const isEarly = moment.after === "journal" && moment.countsStart && existsSync(join(folder, "state/journal"));
  if (!isEarly) await Promise.race([life.ready, sleep(longestWaitMs)]);
  if (moment.after === "ready") return Promise.race([over, sleep(moment.ms)]);
  const journal = join(folder, "state/journal");
  if (existsSync(journal)) await awaitChanges(journal, moment.changes, over);
}

async function awaitChanges(folder: string, changes: number, over: Promise<void>): Promise<void> {
  let watcher: FSWatcher | undefined;
  let left = changes;
  const changed = new Promise<void>((resolve) => {
    watcher = watch(folder, () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  await Promise.race([changed, over, sleep(longestWaitMs)]);
  watcher?.close();
}
