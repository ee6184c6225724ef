import assert from "node:assert/strict";
import type { Json } from "../../plugin/surroundings.ts";
import { type Racer, withRacers } from "../../ports/racers.ts";
import type { RaceEntry, RaceTask } from "../race.ts";
import { type CaseDraft, inParallel, type Place } from "./case.ts";

/** How other processes open the store under test: what a case is given is only a function of this one. */
export interface ProcessOptions {
  /** As in a store's `backend`: a word of the runtime's own, a package, a package's folder, or the path of a built module. */
  readonly use: string;
  /** The options of the store's entry; a function where they are known only when the cases run. */
  readonly config?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>);
  /** Where a package or a relative path is looked up from; the working folder without it. */
  readonly folder?: string;
  /** The prefix behind core's layers, where the cases are told `isLayered`; the bare driver without it. */
  readonly prefix?: string;
  /** Processes; 4 without it. */
  readonly count?: number;
}

const rounds = 8;
const steps = 25;

function toEntry({ use, config = {}, folder = process.cwd(), prefix }: ProcessOptions): RaceEntry {
  return {
    use,
    config: typeof config === "function" ? config() : config,
    folder,
    ...(prefix === undefined ? {} : { prefix }),
  };
}

function ask(racer: Racer, task: RaceTask): Promise<Json> {
  return racer.ask(task);
}

/** Starts the processes, each with the store open, so that they begin a task together. */
function openRacers<T>(options: ProcessOptions, work: (racers: readonly Racer[]) => Promise<T>): Promise<T> {
  return withRacers(options.count ?? 4, async (racers) => {
    // Through JSON once: what is undefined goes.
    const entry: Json = JSON.parse(JSON.stringify(toEntry(options)));
    await Promise.all(racers.map((racer) => racer.ask(entry)));
    return work(racers);
  });
}

/** Whether another process sees an object that this one has written. */
export function seesFromOutside(options: ProcessOptions, key: string): Promise<boolean> {
  return openRacers({ ...options, count: 1 }, async ([racer]) => {
    return racer !== undefined && (await ask(racer, { task: "look", key })) === true;
  });
}

async function text(place: Place, name: string): Promise<string> {
  return Buffer.from(await place.read(name)).toString();
}

/** Races of several processes: no lock inside of one of them decides these. */
export function processRaces(options: ProcessOptions): readonly CaseDraft[] {
  const count = options.count ?? 4;
  return [
    {
      id: "process-create-only",
      title: `has one winner when ${count} processes create the same object`,
      needs: ["createOnly"],
      check: (place) =>
        openRacers(options, async (racers) => {
          for (let round = 0; round < rounds; round++) {
            const name = `object-${round}`;
            const wins: string[] = [];
            await inParallel([...racers.entries()], async ([index, racer]) => {
              const body = `process ${index}`;
              if ((await ask(racer, { task: "create", key: place.key(name), body })) === true) wins.push(body);
            });
            assert.equal(wins.length, 1, `winners: ${wins.join(", ") || "none"}`);
            assert.equal(await text(place, name), wins[0]);
          }
        }),
    },
    {
      id: "process-swap",
      title: `loses no step of a counter that ${count} processes count up, ${steps} steps each`,
      needs: ["compareAndSwap"],
      check: (place) =>
        openRacers(options, async (racers) => {
          await place.write("counter", `{"count":0}`);
          const writers = racers.map((racer, index) => ({ racer, writer: `process ${index}` }));
          const key = place.key("counter");
          await inParallel(writers, ({ racer, writer }) => ask(racer, { task: "count", key, writer, steps }));
          const each = Object.fromEntries(writers.map(({ writer }) => [writer, steps]));
          assert.deepEqual(JSON.parse(await text(place, "counter")), { count: steps * count, ...each });
        }),
    },
  ];
}
