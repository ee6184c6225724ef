import { describe, expect, it } from "vitest";
import { fault } from "../../core/errors.ts";
import { openState } from "../../core/ownership.ts";
import type { Owner } from "../../core/ports/owner.ts";
import type { Ports } from "../../core/ports/ports.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog, seededRandom } from "../../core/testkit/surroundings.ts";
import { configure } from "../command/around.ts";
import { Disk, errno } from "../journal/disk.ts";

/** Who has the folder, as the kernel would tell. */
class Lock implements Owner {
  held = 0;

  async claim(folder: string): Promise<() => Promise<void>> {
    if (this.held > 0) throw fault("state-owned", { folder, holder: "another test" });
    this.held += 1;
    return async () => {
      this.held -= 1;
    };
  }
}

function surroundings(disk = new Disk(), lock = new Lock(), now?: number) {
  const lines: LogLine[] = [];
  const clock = new VirtualClock(now);
  const unused = () => {
    throw new Error("not needed to open a state folder");
  };
  const ports: Ports = {
    ...{ clock, random: seededRandom(5), files: disk, owner: lock, log: recordLog(lines) },
    processes: { start: unused },
    modules: { locate: unused, version: unused },
  };
  const fenced: string[] = [];
  const configuration = configure({ reserveBytes: 4096 });
  const open = () => openState(configuration, ports, ({ message }) => fenced.push(message));
  return { disk, lock, lines, clock, fenced, open };
}

describe("a state folder", () => {
  it("is taken with its lock, its journal and its reserve, and given back", async () => {
    const { disk, lock, open, clock } = surroundings();
    const state = await open();
    expect([lock.held, state.reserve.isHeld, state.journal.state]).toMatchObject([
      1,
      true,
      { boots: 1, isRunning: true },
    ]);
    await clock.advance(5000);
    await state.close();
    expect(lock.held).toBe(0);
    const next = await surroundings(disk.afterPowerCut(), lock).open();
    expect(next.journal.state.boots).toBe(2);
    expect(next.journal.state.clockFloor).toBe(Date.UTC(2025, 0, 1) + 5000);
    expect(next.journal.epoch).toBeGreaterThan(state.journal.epoch);
  });

  it("has a name of its own for every boot", async () => {
    const { disk, open } = surroundings();
    const first = await open();
    const id = first.journal.state.boot;
    await first.close();
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect((await surroundings(disk).open()).journal.state.boot).toMatch(/^[0-9a-f]{16}$/);
  });

  it("of another process is not touched", async () => {
    const { disk, lock, open } = surroundings();
    await open();
    disk.put("/state/outbox/of-the-other", Buffer.from("x"));
    const before = disk.contents;
    await expect(surroundings(disk, lock).open()).rejects.toMatchObject({ code: "state-owned" });
    expect([...disk.contents]).toEqual([...before]);
    expect(lock.held).toBe(1);
  });

  it("that cannot be used is told with its reason, and its lock is given back, wherever the disk fails", async () => {
    const whole = surroundings();
    await whole.open();
    const codes = new Set<string>();
    for (let at = 1; at <= whole.disk.log.length; at++) {
      const { disk, lock, open } = surroundings();
      disk.fault = (_, __, now) => (now >= at ? errno("EROFS") : undefined);
      const outcome = await open().then(
        () => "opened",
        (thrown: { code?: string }) => thrown.code ?? "no code",
      );
      codes.add(outcome);
      if (outcome !== "opened") expect(lock.held).toBe(0);
    }
    // A reserve that cannot be made keeps nobody from starting.
    expect([...codes].sort()).toEqual(["opened", "state-unusable"]);
  });

  it("on a disk that is nearly full is opened, and that is said", async () => {
    const { disk, lines, open } = surroundings();
    disk.left = 4096;
    const { reserve } = await open();
    expect(reserve.isHeld).toBe(false);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "warn the disk is nearly full: no document is taken until some space is freed",
    ]);
  });

  it("is given back also when the end of the journal cannot be written", async () => {
    const { disk, lock, open } = surroundings();
    const state = await open();
    disk.fault = () => errno("EIO");
    await state.close();
    expect(lock.held).toBe(0);
    const next = await surroundings(disk.afterPowerCut(), lock).open();
    expect(next.journal.state.boots).toBe(2);
  });

  it("is swept of what crashes have left before anybody else is served", async () => {
    const { disk, open } = surroundings();
    for (const folder of ["incoming", "results", "outbox"]) disk.put(`/state/${folder}/left`, Buffer.from("x"));
    await open();
    expect([...disk.contents.keys()].filter((path) => path.endsWith("/left"))).toEqual([]);
  });

  it("that another owner has taken in spite of the lock is told to the one that had it", async () => {
    const { disk, open, fenced } = surroundings();
    const first = await open();
    const second = await surroundings(disk, new Lock()).open();
    await expect(
      first.journal.append([{ t: "kept", owner: "lamp", name: "a", value: 1 }], { durable: true }),
    ).rejects.toMatchObject({ code: "state-fenced" });
    expect(fenced).toHaveLength(1);
    await second.journal.append([{ t: "kept", owner: "lamp", name: "a", value: 2 }], { durable: true });
    await first.close();
    const third = await surroundings(disk.afterPowerCut()).open();
    expect(third.journal.state.kept.get("lamp")?.get("a")).toBe(2);
  });
});
