import { describe, expect, it } from "vitest";
import { enterPlugin } from "../../core/host/blame.ts";
import { Oversight } from "../../core/host/oversight.ts";
import { longestTurnMs } from "../../core/host/stalls.ts";
import type { Pulse } from "../../core/ports/pulse.ts";
import type { Watchdog } from "../../core/ports/watchdog.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";

const lamp = { name: "lamp", accuse: () => undefined };
const shelf = { name: "store shelf", accuse: () => undefined };

/** A loop that turns when the test says so. */
async function watched({ hasStrangers = false, stallMs = 60_000 } = {}) {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const seen: unknown[] = [];
  let [beat, everyMs] = [() => {}, 0];
  const pulse: Pulse = {
    every: (ms, run) => {
      [beat, everyMs] = [run, ms];
      return () => {
        beat = () => {};
      };
    },
  };
  const watchdog: Watchdog = {
    start: () => seen.push("start"),
    beat: () => seen.push("beat"),
    enter: (name) => seen.push(name),
    stop: async () => void seen.push("stop"),
  };
  const oversight = new Oversight({ clock, log: recordLog(lines), pulse, watchdog });
  oversight.begin(hasStrangers, stallMs);
  const turnAfter = async (ms: number) => {
    await clock.advance(ms);
    beat();
  };
  return { oversight, clock, lines, seen, turnAfter, everyMs };
}

describe("an event loop that stood still", () => {
  it("is told of with the plugin that was entered last, from just over the limit on", async () => {
    const { oversight, lines, turnAfter, everyMs } = await watched();
    await turnAfter(everyMs);
    enterPlugin(lamp, () => undefined);
    await turnAfter(everyMs + longestTurnMs);
    expect([lines, oversight.stalls]).toEqual([[], { count: 0, longest_ms: 0 }]);
    enterPlugin(lamp, () => undefined);
    await turnAfter(everyMs + longestTurnMs + 1);
    expect(lines).toMatchObject([
      {
        level: "warn",
        message: "the event loop stood still for at least 1001 ms; plugin lamp was entered last before it, 1501 ms ago",
        fields: { plugin: "lamp", ms: 1001 },
      },
    ]);
    await turnAfter(everyMs);
    await turnAfter(everyMs + 4000);
    expect(oversight.stalls).toMatchObject({ count: 2, longest_ms: 4000, last: { plugin: "lamp", ms: 4000 } });
    expect(oversight.stalls.last?.at).toMatch(/^2025-01-01T00:00:\d\d\.\d{3}Z$/);
    await oversight.end();
  });

  it("names the one that goes on after a call of it has come back", async () => {
    const { oversight, turnAfter } = await watched();
    enterPlugin(lamp, () => enterPlugin(shelf, () => undefined));
    await turnAfter(5000);
    expect(oversight.stalls.last).toMatchObject({ plugin: "lamp" });
    await oversight.end();
  });

  it("names the one in whose time it stood still, whoever was entered since", async () => {
    const { oversight, clock, turnAfter } = await watched();
    enterPlugin(shelf, () => undefined);
    enterPlugin(lamp, () => undefined);
    await clock.advance(3000);
    enterPlugin(shelf, () => undefined);
    await turnAfter(10);
    expect(oversight.stalls.last).toMatchObject({ plugin: "lamp", ms: 2510 });
    await oversight.end();
  });

  it("names nobody where no plugin was entered, and is not looked for after the end", async () => {
    const { oversight, lines, turnAfter } = await watched();
    await turnAfter(3000);
    expect(lines.map(({ message }) => message)).toEqual([
      "the event loop stood still for at least 2500 ms; no plugin was entered before",
    ]);
    await oversight.end();
    await turnAfter(3000);
    expect(oversight.stalls.count).toBe(1);
  });
});

describe("the watchdog", () => {
  it("is not started where only built-in plugins run", async () => {
    const { oversight, seen, turnAfter } = await watched();
    await turnAfter(500);
    await oversight.end();
    expect(seen).toEqual([]);
  });

  it("hears every turn, and each time that another plugin is entered", async () => {
    const { oversight, seen, turnAfter, everyMs } = await watched({ hasStrangers: true, stallMs: 1000 });
    expect(everyMs).toBe(250);
    for (const one of [lamp, lamp, shelf]) enterPlugin(one, () => undefined);
    await turnAfter(250);
    await oversight.end();
    enterPlugin(lamp, () => undefined);
    expect(seen).toEqual(["start", "lamp", "store shelf", "beat", "stop"]);
  });
});
