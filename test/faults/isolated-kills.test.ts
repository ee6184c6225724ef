import { expect, it } from "vitest";
import { readNumber, runKills } from "./kill-loop.ts";

const kills = readNumber("ISOLATED_KILLS", 60);

const what =
  "a device with isolated plugins loses nothing and runs nothing twice, whichever of its processes are killed";
it(what, { timeout: 60_000 + kills * 8_000 }, async () => {
  const plan = { kills, killsPerDevice: 15, devices: 2, workFactor: 2 };
  const figures = await runKills({ ...plan, entry: { isolate: "process" }, guestKills: 2 });
  expect(figures.findings.texts).toEqual([]);
  expect(figures.kills).toBe(kills);
  // Processes have to die in the middle of commands, too.
  expect(figures.guestKills).toBeGreaterThan(kills / 4);
  expect(figures.tally.unknown).toBeGreaterThan(0);
  expect(figures.tally.repeated).toBeGreaterThan(0);
});
