import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../flows/device.ts";
import { EnvironmentDevice, nothingLeft } from "./environment-device.ts";
import { isSkipped, runTool } from "./environment-mount.ts";

let device: EnvironmentDevice;
beforeEach(() => {
  device = new EnvironmentDevice();
});
afterEach(() => device.remove());

const copy = () => join(device.folder, "copy");

/** Keeps the state folder as it is now. */
function keepCopy(): void {
  rmSync(copy(), { recursive: true, force: true });
  cpSync(device.stateDir, copy(), { recursive: true, preserveTimestamps: true });
}

/** Puts the kept state folder back, as somebody does who restores a backup or a disk image. */
function putBack(): void {
  rmSync(device.stateDir, { recursive: true });
  cpSync(copy(), device.stateDir, { recursive: true, preserveTimestamps: true });
}

async function runWhole(id: string): Promise<void> {
  device.send(id, [`mark('${id}')`]);
  await device.report(id);
}

/** Waits until the device has looked at its document: the one it is then sent is answered. */
async function expectOnly(names: readonly string[]): Promise<void> {
  await runWhole("last");
  expect(device.done).toEqual([...names, "last"]);
}

describe("a state folder that is put back from an older copy", () => {
  it("runs nothing again that has its result, neither the last document nor one that is sent again", async () => {
    const first = await device.start();
    await runWhole("one");
    expect(await first.stop()).toBe(0);
    keepCopy();
    const second = await device.start();
    await runWhole("two");
    await runWhole("three");
    expect(await second.stop()).toBe(0);
    const before = ["one", "two", "three"].map((id) => device.read(`results/${id}.json`));
    putBack();
    const third = await device.start();
    await third.says("not run again");
    device.send("two", ["mark('two')"]);
    await eventually("both were recognised", () => third.said.split("not run again").length > 2 || undefined);
    await expectOnly(["one", "two", "three"]);
    expect(["one", "two", "three"].map((id) => device.read(`results/${id}.json`))).toEqual(before);
    const newest = device.read("results/last.json");
    await eventually("the last status", () => device.read("last_monitoring_status.json") === newest || undefined);
    expect(await device.finish(third)).toEqual(nothingLeft);
  });

  it("knows a document without an id by its bytes and their time", async () => {
    const first = await device.start();
    await runWhole("one");
    expect(await first.stop()).toBe(0);
    keepCopy();
    const second = await device.start();
    device.sendText(JSON.stringify([{ command: "mark('nameless')" }]));
    await eventually("its result", () => device.results().length > 1 || undefined);
    expect(await second.stop()).toBe(0);
    putBack();
    const third = await device.start();
    await third.says("not run again");
    await expectOnly(["one", "nameless"]);
    expect(await device.finish(third)).toEqual(nothingLeft);
  });

  it("does not go on with a batch that it finds open and that was finished since", async () => {
    const first = await device.start();
    device.send("one", ["linger('begun', 2000)", "mark('one')"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    await first.stop("SIGKILL");
    keepCopy();
    const second = await device.start();
    const [begun] = (await device.report("one")).commands;
    expect(begun?.error?.code).toBe("interrupted");
    expect(await second.stop()).toBe(0);
    const result = device.read("results/one.json");
    putBack();
    const third = await device.start();
    await expectOnly(["begun", "one"]);
    expect(device.read("results/one.json")).toBe(result);
    expect(device.results()).toEqual(["last.json", "one.json"]);
    expect(await device.finish(third)).toEqual(nothingLeft);
  });
});

describe("a second process on one state folder", () => {
  it("says who holds it and ends with 3; the first goes on; after its death the next start works at once", async () => {
    const first = await device.start();
    await runWhole("one");
    const second = device.launch();
    expect(await second.end()).toBe(3);
    expect(second.said).toContain(`state folder ${device.stateDir} is in use by`);
    expect(second.said).toMatch(new RegExp(`\\b${first.pid}\\b`));
    await runWhole("two");
    await first.stop("SIGKILL");
    const next = await device.start();
    await expectOnly(["one", "two"]);
    expect(await device.finish(next)).toEqual(nothingLeft);
  });

  it("is the only one of many that start at once", async () => {
    device.send("one", ["mark('one')"]);
    const runs = Array.from({ length: 4 }, () => device.launch());
    await device.report("one");
    const losers = await eventually(
      "all but one have ended",
      () => {
        const ended = runs.filter(({ isAlive }) => !isAlive);
        return ended.length === runs.length - 1 ? ended : undefined;
      },
      20_000,
    );
    for (const loser of losers) expect(await loser.end()).toBe(3);
    await expectOnly(["one"]);
    for (const run of runs) if (run.isAlive) expect(await device.finish(run)).toEqual(nothingLeft);
  });
});

/** A network namespace of its own does not share the kernel's names of sockets, which the lock is made of. */
const elsewhere = { within: ["unshare", "--net"] };

describe.skipIf(isSkipped)("a second process that the lock does not reach", () => {
  beforeEach(() => {
    runTool("unshare", ["--net", "true"]);
  });

  it("takes the folder over; the first one ends with 3 before it acts again", async () => {
    const first = await device.start();
    await runWhole("one");
    const second = await device.start(elsewhere);
    for (const id of ["two", "three", "four"]) await runWhole(id);
    expect(await first.end()).toBe(3);
    expect(first.said).toContain("taken over by another RustiQ");
    await expectOnly(["one", "two", "three", "four"]);
    expect(await device.finish(second)).toEqual(nothingLeft);
  });

  it("does not run again what the first one is running, and its result stands", async () => {
    const first = await device.start();
    device.send("one", ["linger('begun', 2500)", "mark('one')"]);
    await eventually("the command", () => device.done.includes("begun") || undefined);
    const second = await device.start(elsewhere);
    const [begun] = (await device.report("one")).commands;
    expect(begun?.error?.code).toBe("interrupted");
    const result = device.read("results/one.json");
    expect(await first.end()).toBe(3);
    await expectOnly(["begun", "one"]);
    expect(device.read("results/one.json")).toBe(result);
    expect(await device.finish(second)).toEqual(nothingLeft);
  });

  it("never runs one command twice, whenever it comes", async () => {
    const ids: string[] = [];
    let running = await device.start();
    for (let round = 0; round < 6; round++) {
      const id = `round-${round}`;
      ids.push(id);
      const commands = [0, 1, 2].map((number) => `mark('${id}-${number}')`);
      // The next one is about to start while the document comes.
      const next = device.launch(elsewhere);
      await new Promise((resolve) => setTimeout(resolve, 250 + 90 * round));
      device.send(id, commands);
      const report = await device.report(id);
      for (const [number, { status, error }] of report.commands.entries()) {
        const times = device.done.filter((name) => name === `${id}-${number}`).length;
        expect(times, `${id}-${number} is ${status}`).toBeLessThanOrEqual(1);
        if (status === "ok") expect(times).toBe(1);
        else expect(error?.code).toBe("interrupted");
      }
      await next.says("ready device=");
      // An idle one does not notice before it has something to do.
      await running.stop();
      running = next;
    }
    expect(device.results()).toEqual(ids.map((id) => `${id}.json`));
    expect(new Set(device.done).size).toBe(device.done.length);
    expect(await device.finish(running)).toEqual(nothingLeft);
  });
});
