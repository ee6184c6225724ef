import assert from "node:assert/strict";
import { nodeClock } from "../../ports/clock.ts";
import { VirtualClock } from "../clock.ts";
import { MemoryFolder, MemoryState, RecordedUploads } from "../surroundings.ts";
import { type Bench, type CaseDraft, expectNone, type Opened } from "./case.ts";
import { Traces } from "./traces.ts";

/** Looks at what is left, and real milliseconds between them: a connection takes a moment to go. */
const [looks, lookMs] = [50, 20];

function pause(ms: number): Promise<void> {
  return nodeClock().sleep(ms, new AbortController().signal);
}

/** Notes every write to what the service keeps. */
function watchWrites(state: MemoryState, folder: MemoryFolder, uploads: RecordedUploads): string[] {
  const writes: string[] = [];
  const note = <Args extends unknown[], R>(what: string, work: (...args: Args) => R) => {
    return (...args: Args): R => {
      writes.push(`${what} ${String(args[0])}`);
      return work(...args);
    };
  };
  state.put = note("STATE.put", state.put.bind(state));
  state.remove = note("STATE.remove", state.remove.bind(state));
  folder.write = note("FOLDER.write", folder.write.bind(folder));
  folder.remove = note("FOLDER.remove", folder.remove.bind(folder));
  uploads.put = note("UPLOADS.put", uploads.put.bind(uploads));
  return writes;
}

/** Lets the service do all that it may. */
async function askAll(bench: Bench, opened: Opened): Promise<void> {
  for (const call of bench.ready) await opened.ask(call);
}

/** What every service does when a device starts and stops. */
export const starting: readonly CaseDraft[] = [
  {
    id: "starts",
    title: "starts, with a function for every command and for nothing else",
    async check(bench) {
      await bench.open();
    },
  },
  {
    id: "stops",
    title: "stops without a fault, and may be stopped twice",
    async check(bench) {
      const { stop } = await bench.open();
      expectNone([await stop(), await stop()].flatMap((problem) => (problem === undefined ? [] : [problem])));
    },
  },
  {
    id: "starts-again",
    title: "starts again after a stop, on what it kept",
    calls: true,
    async check(bench) {
      const kept = { state: new MemoryState(), folder: new MemoryFolder() };
      const first = await bench.open(kept);
      await askAll(bench, first);
      await first.stop();
      await bench.open(kept);
    },
  },
  {
    id: "leaves-nothing",
    title: "leaves no timer, handle or program when it has stopped",
    calls: true,
    async check(bench) {
      const traces = new Traces();
      try {
        const opened = await bench.open({ traces });
        await askAll(bench, opened);
        await opened.stop();
        const { clock } = opened;
        const timers = clock instanceof VirtualClock ? clock.pending : 0;
        assert.equal(
          timers,
          0,
          "timers that are still set on CLOCK; cancel them in onStop, or let them wait on the signal",
        );
        for (let look = 0; look < looks && traces.left().length > 0; look++) await pause(lookMs);
        assert.deepEqual(traces.left(), [], "what it has left open in the process; end it in onStop");
      } finally {
        traces.end();
      }
    },
  },
  {
    id: "writes-nothing",
    title: "writes nothing once it has stopped",
    calls: true,
    async check(bench) {
      const [state, folder, uploads] = [new MemoryState(), new MemoryFolder(), new RecordedUploads()];
      const opened = await bench.open({ state, folder, uploads });
      await askAll(bench, opened);
      let writes: readonly string[] = [];
      await opened.stop(() => {
        writes = watchWrites(state, folder, uploads);
      });
      if (opened.clock instanceof VirtualClock) await opened.clock.advance(60_000);
      await pause(5 * lookMs);
      assert.deepEqual(writes, [], "what it wrote after its stop; wait for it in onStop");
    },
  },
];
