import { expect, it } from "vitest";
import { readNumber, runKills } from "./kill-loop.ts";

const kills = readNumber("KILLS", 300);

const what = "a device loses nothing, runs nothing twice and leaves nothing torn however often it is killed";
it(what, { timeout: 60_000 + kills * 2_000 }, async () => {
  const plan = { kills, killsPerDevice: 25, devices: 4, workFactor: 0.8 };
  const figures = await runKills(plan);
  expect(figures.findings.texts).toEqual([]);
  expect(figures.kills).toBe(kills);
  // A loop whose kills never fall into a command would prove nothing.
  expect(figures.tally.unknown).toBeGreaterThan(0);
  expect(figures.tally.repeated).toBeGreaterThan(0);
});
