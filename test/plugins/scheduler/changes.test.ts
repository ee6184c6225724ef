import { Cron } from "croner";
import type { Call, Json, State } from "rustiq/plugin";
import { MemoryState, RecordedCalls, recordLog, seededRandom, VirtualClock } from "rustiq/testkit";
import { describe, expect, it } from "vitest";
import { createState } from "../../../core/host/belongings.ts";
import { CronReader } from "../../../plugins/scheduler/cron.ts";
import { Schedule } from "../../../plugins/scheduler/schedule.ts";
import { Disk, errno } from "../../journal/disk.ts";
import { bootAt, openJournal } from "../../journal/open.ts";
import { minute, openRuns, show, showNames, start } from "./start.ts";

/** A disk whose fsync ends when the test says so. */
class SlowDisk extends Disk {
  #gate = Promise.resolve();
  release = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  override async open(...args: Parameters<Disk["open"]>) {
    const file = await super.open(...args);
    const sync = async () => {
      await this.#gate;
      await file.sync();
    };
    return { ...file, sync };
  }
}

/** The journal's state where the kit takes one in memory. */
class JournalState extends MemoryState {
  readonly #state: State;

  constructor(state: State) {
    super();
    this.#state = state;
  }

  override get(name: string) {
    return this.#state.get(name);
  }

  override entries() {
    return this.#state.entries();
  }

  override put(...args: Parameters<State["put"]>) {
    return this.#state.put(...args);
  }

  override remove(name: string) {
    return this.#state.remove(name);
  }
}

/** A scheduler whose state is the journal's, as on a device. */
async function startOn(disk: Disk, options: Omit<Parameters<typeof start>[0] & object, "state"> = {}) {
  const journal = await openJournal(disk);
  const started = await start({ ...options, state: new JournalState(createState(journal, "scheduler")) });
  const stop = async () => {
    await started.service.stop();
    await journal.close(bootAt);
  };
  return { ...started, journal, stop };
}

const never = new AbortController().signal;
const everyMinute = { ...show, cron: "* * * * *" };
const other = "display_image('b.png')";

describe("a job that is changed while the change is on its way to the disk", () => {
  /** A run goes on, or is due in a minute; then `change` is called and `meanwhile` happens before its end is durable. */
  async function play(
    isRunning: boolean,
    change: (one: Awaited<ReturnType<typeof startOn>>) => Promise<unknown>,
    job = everyMinute,
  ) {
    const disk = new SlowDisk();
    const runs = openRuns();
    const clock = new VirtualClock();
    const one = await startOn(disk, { clock, answer: runs.answer });
    await one.service.call("update_or_create_job", job);
    if (isRunning) await clock.advance(minute);
    disk.hold();
    const changing = change(one);
    await clock.settle();
    if (isRunning) runs.endNext();
    else await clock.advance(minute);
    await clock.settle();
    disk.release();
    await changing;
    await clock.settle();
    const told = await one.service.call("get_jobs");
    const two = await startOn(disk.afterPowerCut(), { clock });
    return { clock, told, one, two, jobs: await two.service.call("get_jobs"), runs: one.calls.runs };
  }

  it.each([
    ["its run ends", true, 1],
    ["it falls due", false, 0],
  ])("stays deleted when %s meanwhile", async (_, isRunning, count) => {
    const played = await play(isRunning, ({ service }) => service.call("delete_job", showNames));
    expect([played.told, played.jobs]).toEqual([[], []]);
    expect(played.two.state.entries()).toEqual([]);
    await played.clock.advance(5 * minute);
    expect(played.runs).toHaveLength(count);
    expect(played.two.calls.runs).toEqual([]);
  });

  it.each([
    ["its run ends", true, show.expression],
    ["it falls due, which runs the new one", false, other],
  ])("keeps its new expression when %s meanwhile", async (_, isRunning, run) => {
    const change = { ...everyMinute, expression: other };
    const played = await play(isRunning, ({ service }) => service.call("update_or_create_job", change));
    expect(played.runs.map(({ expression }) => expression)).toEqual([run]);
    expect([played.told[0]?.expression, played.jobs[0]?.expression]).toEqual([other, other]);
    if (isRunning) expect(played.jobs[0]?.last_run).toMatchObject({ status: "ok", result: "done" });
  });

  it.each([
    ["its run ends", true, 1],
    ["it falls due", false, 0],
  ])("stays disabled when %s meanwhile", async (_, isRunning, count) => {
    const change = { ...showNames, enabled: false };
    const played = await play(isRunning, ({ service }) => service.call("enable_job", change));
    expect([played.told[0]?.enabled, played.jobs[0]?.enabled]).toEqual([false, false]);
    await played.clock.advance(5 * minute);
    expect(played.runs).toHaveLength(count);
    expect(played.two.calls.runs).toEqual([]);
  });
});

describe("a command that has not ended", () => {
  /** A schedule with one job, and commands that end when the test says so. */
  async function startOpen(cron: string) {
    const [clock, state, calls, signal] = [new VirtualClock(), new MemoryState(), new RecordedCalls(), never];
    const [log, random] = [recordLog([]), seededRandom()];
    const schedule = new Schedule({ clock, state, calls, log, random, signal, cron: new CronReader(Cron, "UTC") });
    const begin = (command: (keep: Call["keep"]) => unknown) => {
      const kept: [name: string, value: Json | undefined][] = [];
      const done: (() => void)[] = [];
      command((name, value) => {
        kept.push([name, value]);
        return new Promise((resolve) => done.push(resolve));
      });
      return async () => {
        for (const [name, value] of kept) await (value === undefined ? state.remove(name) : state.put(name, value));
        for (const tell of done) tell();
        await clock.settle();
      };
    };
    const put = (expression: string) => (keep: Call["keep"]) =>
      schedule.put({ ...showNames, expression, cron, enabled: true }, keep);
    const enable = (enabled: boolean) => (keep: Call["keep"]) =>
      schedule.enable(showNames.service, showNames.job, enabled, keep);
    await begin(put(show.expression))();
    return { clock, calls, schedule, begin, put, enable };
  }

  it("does not undo another one that ends before it", async () => {
    const { schedule, begin, put, enable } = await startOpen("* * * * *");
    const [endDisable, endPut] = [begin(enable(false)), begin(put(other))];
    await endPut();
    await endDisable();
    expect(schedule.views()).toMatchObject([{ expression: other, enabled: false }]);
    await begin(put(show.expression))();
    expect(schedule.views()).toMatchObject([{ expression: show.expression, enabled: true }]);
  });

  it("does not make a job without cron run again that has begun meanwhile", async () => {
    const { clock, calls, begin, enable } = await startOpen("");
    const end = begin(enable(true));
    await clock.advance(minute);
    await end();
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(1);
  });

  it("makes a job without cron run once more that it has put again at that very time", async () => {
    const { clock, calls, begin, put } = await startOpen("");
    const end = begin(put(other));
    await clock.advance(0);
    await end();
    await clock.advance(minute);
    expect(calls.runs.map(({ expression }) => expression)).toEqual([show.expression, other]);
  });
});

describe("a disk that does not take what a job does", () => {
  /** Fails this often. */
  const failTimes = (disk: Disk, times: number) => {
    let failed = 0;
    disk.fault = (operation) => (operation === "sync" && failed++ < times ? errno("EIO") : undefined);
  };

  it.each([1, 3])(
    "costs a job without cron nothing, also when the device stops before the next try (%i)",
    async (times) => {
      const disk = new Disk();
      const clock = new VirtualClock();
      const one = await startOn(disk, { clock });
      await one.service.call("update_or_create_job", show);
      failTimes(disk, times);
      await clock.advance(10);
      expect(one.calls.runs).toEqual([]);
      disk.fault = () => undefined;
      await one.stop();
      const two = await startOn(disk.afterPowerCut(), { clock });
      await clock.advance(minute);
      expect(two.calls.runs).toHaveLength(1);
      expect((await two.service.call("get_jobs"))[0]?.last_run).toMatchObject({ status: "ok" });
    },
  );

  it("does not make a job run later that was to be run by hand", async () => {
    const disk = new Disk();
    const { clock, calls, service } = await startOn(disk);
    await service.call("update_or_create_job", { ...show, cron: "0 0 1 1 *" });
    failTimes(disk, 1);
    await expect(service.call("run_job", showNames)).rejects.toMatchObject({ code: "EIO" });
    await clock.advance(5 * minute);
    expect(calls.runs).toEqual([]);
    expect((await service.call("get_jobs"))[0]).toMatchObject({ last_run: null });
  });

  it("does not undo a run whose outcome it cannot keep, and that is logged", async () => {
    const disk = new Disk();
    const answer = () => {
      failTimes(disk, 1);
      return { status: "ok", result: "shown" } as const;
    };
    const { service } = await startOn(disk, { answer });
    await service.call("update_or_create_job", { ...show, cron: "0 0 1 1 *" });
    expect(await service.call("run_job", showNames)).toMatchObject({ status: "ok", result: "shown" });
    const [line] = service.log.filter(({ level }) => level === "error");
    expect(line).toMatchObject({ fields: { status: "ok", result: "shown" } });
    expect(line?.message).toMatch(/job display\/show was run, but what came of it is not recorded: /);
  });
});

describe("a job that runs once, at once, on a clock that was set back by a year", () => {
  const year = 365 * 24 * 60 * minute;

  it("runs at the next start", async () => {
    const first = await start();
    await first.service.call("update_or_create_job", show);
    await first.service.stop();
    first.clock.setWallClock(first.clock.now() - year);
    const second = await start({ clock: first.clock, state: first.state });
    await first.clock.advance(minute);
    expect(second.calls.runs).toHaveLength(1);
  });

  it("runs when it is enabled", async () => {
    const { clock, calls, service } = await start();
    await service.call("update_or_create_job", { ...show, enabled: false });
    clock.setWallClock(clock.now() - year);
    await service.call("enable_job", showNames);
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(1);
  });
});
