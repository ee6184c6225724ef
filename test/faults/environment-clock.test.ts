import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../flows/device.ts";
import { type Around, EnvironmentDevice, nothingLeft } from "./environment-device.ts";
import { isSkipped } from "./environment-mount.ts";

const year = 365 * 24 * 3600;
const hour = 3600_000;

let device: EnvironmentDevice;
let bent: Around;

beforeEach(() => {
  device = new EnvironmentDevice();
  bent = { environment: bendClock(join(device.folder, "offset")) };
  turnClock(0);
});
afterEach(() => device.remove());

/**
 * libfaketime: the wall clock of the process is as far off as the file says at this moment. The monotonic clock and the times of files
 * are the kernel's own, as they are when somebody sets a real clock.
 */
function bendClock(file: string): Record<string, string> {
  const places = ["x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf"];
  const libraries = places.map((place) => `/usr/lib/${place}/faketime/libfaketimeMT.so.1`);
  const library = libraries.find((path) => existsSync(path));
  if (library === undefined) {
    throw new Error(`none of ${libraries.join(", ")} is there: install faketime, or set ENVIRONMENT=skip`);
  }
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
}

/** Sets the device's clock this many seconds off the right time. */
function turnClock(seconds: number): void {
  writeFileSync(join(device.folder, "offset"), `${seconds < 0 ? "" : "+"}${seconds}s\n`);
}

async function runWhole(id: string): Promise<string> {
  device.send(id, [`mark('${id}')`]);
  return (await device.report(id)).finished_at;
}

function yearsFromNow(time: string): number {
  // + 0: no minus zero.
  return Math.round((Date.parse(time) - Date.now()) / 1000 / year) + 0;
}

function at(offsetMs: number): string {
  return new Date(Date.now() + offsetMs).toISOString();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe.skipIf(isSkipped)("a clock that jumps by years", () => {
  it("while the device runs loses and doubles nothing, and holds nothing up", async () => {
    const running = await device.start(bent);
    const jumps = [0, 5, -10, 3, 0, -40, 0];
    for (const [number, years] of jumps.entries()) {
      device.send(`during-${number}`, ["linger('begun', 400)", `mark('during-${number}')`]);
      await eventually(
        "the command",
        () => device.done.filter((name) => name === "begun").length > number || undefined,
      );
      turnClock(years * year);
      expect((await device.report(`during-${number}`, 10_000)).commands.map(({ status }) => status)).toEqual([
        "ok",
        "ok",
      ]);
      expect(yearsFromNow(await runWhole(`after-${number}`))).toBe(years);
    }
    const ids = jumps.flatMap((_, number) => [`during-${number}`, `after-${number}`]);
    expect(device.done.filter((name) => name !== "begun")).toEqual(ids);
    expect(device.results()).toEqual(ids.map((id) => `${id}.json`).sort());
    expect(await device.finish(running)).toEqual(nothingLeft);
  });

  it("over restarts loses and doubles nothing", async () => {
    const ids: string[] = [];
    for (const [number, years] of [0, -10, 5, -20, 0].entries()) {
      turnClock(years * year);
      const running = await device.start(bent);
      // The document of the last run lies there still and is none of this run's.
      const id = `run-${number}`;
      ids.push(id);
      device.send(id, [`mark('${id}')`, "linger('begun', 60000)", `mark('${id}-after')`]);
      await eventually(
        "the command",
        () => device.done.filter((name) => name === "begun").length > number || undefined,
      );
      if (number % 2 === 0) await running.stop("SIGKILL");
      else expect(await running.stop("SIGTERM")).toBe(0);
      turnClock((years + 7) * year);
      const next = await device.start(bent);
      const report = await device.report(id);
      expect(report.commands.map(({ status }) => status)).toEqual(["ok", "error", "ok"]);
      expect(report.commands[1]?.error?.code).toBe("interrupted");
      expect(await next.stop()).toBe(0);
    }
    expect(device.done.filter((name) => name !== "begun")).toEqual(ids.flatMap((id) => [id, `${id}-after`]));
    expect(device.results()).toEqual(ids.map((id) => `${id}.json`));
  });
});

describe.skipIf(isSkipped)("a document that expires, on a device whose clock has fallen behind what it was", () => {
  const wait = 1500;

  it("waits until the clock is right and is answered once: it has expired", async () => {
    const first = await device.start(bent);
    await runWhole("before");
    expect(await first.stop()).toBe(0);
    turnClock(-30 * year);
    const second = await device.start(bent);
    device.send("late", ["mark('late')"], { expires: at(-hour) });
    await second.says(/clock/);
    await pause(wait);
    expect(device.results()).toEqual(["before.json"]);
    turnClock(0);
    const report = await device.report("late");
    expect(report).toMatchObject({ general_status: "error", error: { code: "document-expired" } });
    await runWhole("after");
    expect(device.done).toEqual(["before", "after"]);
    expect(await device.finish(second)).toEqual(nothingLeft);
  });

  it("waits over restarts, and is run once when the clock says that there is time", async () => {
    const first = await device.start(bent);
    await runWhole("before");
    await first.stop("SIGKILL");
    turnClock(-30 * year);
    for (let start = 0; start < 2; start++) {
      const waiting = await device.start(bent);
      if (start === 0) device.send("timely", ["mark('timely')"], { expires: at(hour) });
      await waiting.says(/clock/);
      await pause(wait);
      expect(device.results()).toEqual(["before.json"]);
      expect(await waiting.stop()).toBe(0);
    }
    turnClock(0);
    const last = await device.start(bent);
    expect((await device.report("timely")).general_status).toBe("ok");
    await runWhole("after");
    expect(device.done).toEqual(["before", "timely", "after"]);
    expect(await device.finish(last)).toEqual(nothingLeft);
  });

  it("runs documents without a date as ever", async () => {
    const first = await device.start(bent);
    await runWhole("before");
    expect(await first.stop()).toBe(0);
    turnClock(-30 * year);
    const second = await device.start(bent);
    await runWhole("undated");
    expect(device.done).toEqual(["before", "undated"]);
    expect(await device.finish(second)).toEqual(nothingLeft);
  });
});
