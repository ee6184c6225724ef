import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { createState } from "../../core/host/belongings.ts";
import type { Call } from "../../core/plugin/contract.ts";
import { Disk, errno, killAt } from "../journal/disk.ts";
import { commands, type Effects, fresh, linesOf, live, receivedAt, take } from "./batch.ts";

let world: Effects;
beforeEach(() => {
  world = fresh();
});

describe("what a command keeps", () => {
  it("counts when its end becomes durable, though the first try to write it failed", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    let counts = false;
    world.middle = (_, call) => {
      void call.keep("level", 1).then(() => {
        counts = true;
      });
      let isBroken = true;
      disk.fault = (operation) => {
        if (operation !== "sync" || !isBroken) return undefined;
        isBroken = false;
        return errno("EIO");
      };
      return "kept";
    };
    await expect(device.run()).rejects.toThrow("EIO");
    expect(counts).toBe(false);
    expect(await device.run()).toBe("done");
    expect(linesOf(device.reports[0])).toEqual(['ok "kept"']);
    expect([createState(device.journal, "apps").get("level"), counts]).toEqual([1, true]);
    expect(world.effects).toEqual(["once a"]);
  });

  it("counts where its result does not fit beside the others: the command was carried out", async () => {
    const names = Array.from({ length: 19 }, (_, index) => String(index));
    const device = await live(await take(commands(...names.map((name) => `once('${name}')`))), world);
    const large = "x".repeat(900_000);
    world.middle = (name, call) => {
      void call.keep(`job ${name}`, 1);
      return large;
    };
    await device.run();
    expect(device.reports[0]?.commands.at(-1)?.error?.code).toBe("results-too-large");
    expect(createState(device.journal, "apps").entries()).toHaveLength(19);
  });

  it("does not count when the handler fails, and is refused at once when it is too large", async () => {
    const device = await live(await take(commands("once('fails')", "once('large')")), world);
    world.middle = (name, call) => {
      if (name === "large") void call.keep("large", "x".repeat(2 * 1024 * 1024));
      else void call.keep("small", 1);
      throw new Error("as planned");
    };
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(["error command-failed", "error state-too-large"]);
    expect(createState(device.journal, "apps").entries()).toEqual([]);
  });
});

/** Lets the journal's next fsync fail. */
function breakNextSync(disk: Disk): void {
  let isBroken = true;
  disk.fault = (operation, path) => {
    if (operation !== "sync" || !path.includes("/journal/") || !isBroken) return undefined;
    isBroken = false;
    return errno("EIO");
  };
}

describe("what becomes durable only by a later write", () => {
  it("is told to the handler that keeps it, also when the document is lost meanwhile", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    let isTold = false;
    world.middle = (_, call) => {
      void call.keep("level", 1).then(() => {
        isTold = true;
      });
      breakNextSync(disk);
      return "done";
    };
    await expect(device.run()).rejects.toThrow("EIO");
    disk.fault = (operation, path) => (operation === "read" && path.includes("/incoming/") ? errno("EIO") : undefined);
    for (let time = 0; time < 10; time++) await device.run().catch(() => undefined);
    expect(linesOf(device.reports[0])).toEqual(['ok "done"']);
    expect([createState(device.journal, "apps").get("level"), isTold]).toEqual([1, true]);
  });

  it("is told as a report, and what is left of its batch goes", async () => {
    const disk = await take(commands("read('a')"));
    const device = await live(disk, world);
    breakNextSync(disk);
    await expect(device.run()).rejects.toThrow("EIO");
    expect(device.reports).toEqual([]);
    expect(await device.run()).toBe("done");
    expect(device.reports).toHaveLength(1);
    expect([...disk.contents.keys()].filter((path) => path.includes("/incoming/"))).toEqual([]);
    expect(await device.run()).toBe("done");
    expect(device.reports).toHaveLength(1);
  });
});

describe("a handler that keeps something when it has answered", () => {
  it("is refused, instead of told that it counts", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    let late: Call | undefined;
    world.middle = (_, call) => {
      late = call;
      void call.keep("early", 1);
    };
    await device.run();
    expect(() => late?.keep("late", 2)).toThrow("the command has ended");
    expect(createState(device.journal, "apps").entries()).toEqual([["early", 1]]);
  });
});

describe("a restart", () => {
  it("that is asked for twice is told once", async () => {
    const device = await live(await take(commands("once('a')")), world);
    world.middle = (_, call) => {
      void call.restart("one").catch(() => undefined);
      return call.restart("two");
    };
    await device.run();
    expect(device.events.filter((line) => line.startsWith("restart"))).toHaveLength(1);
  });

  it("is withdrawn by an answer", async () => {
    const device = await live(await take(commands("once('a')", "once('b')")), world);
    let refused: unknown;
    world.middle = (name, call) => {
      if (name === "b") return "after it";
      void call.restart("note").catch((thrown: unknown) => {
        refused = thrown;
      });
      return "answered";
    };
    expect(await device.run()).toBe("done");
    await device.clock.settle();
    expect(linesOf(device.reports[0])).toEqual(['ok "answered"', 'ok "after it"']);
    expect(device.events.filter((line) => line.startsWith("restart"))).toEqual([]);
    expect(String(refused)).toContain("its answer stands");
  });

  it("that the disk refused is judged by nobody: a kill leaves the outcome unknown", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    let left: Disk | undefined;
    world.middle = async (_, call) => {
      breakNextSync(disk);
      await call.restart("note").catch(() => undefined);
      await device.journal.flush();
      left = disk.afterKill();
      return "done";
    };
    await device.run();
    world.middle = () => "judged";
    const next = await live(left ?? new Disk(), world);
    await next.run();
    expect(linesOf(next.reports[0])).toEqual(["error interrupted"]);
  });
});

describe("a restart that is asked for when its command has ended", () => {
  it("is refused, and no entry of another batch is run again for it", async () => {
    const disk = await take(commands("once('first')"));
    const device = await live(disk, world);
    let late: Call | undefined;
    world.middle = (_, call) => {
      late = call;
    };
    await device.run();
    const bytes = Buffer.from(JSON.stringify(commands("once('second')")));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    disk.put("/state/incoming/two.json", bytes);
    const document = { etag: "2", version: "2" };
    const received = { t: "received", service: "apps", batch: "two", at: receivedAt, document, sha256 } as const;
    await device.journal.append([{ ...received, file: "two.json" }], { durable: true });
    let refused: unknown;
    world.middle = async (name) => {
      if (name !== "second") return;
      refused = await late?.restart("note").catch((thrown: unknown) => thrown);
      disk.fault = killAt(0);
    };
    await device.run().catch(() => undefined);
    expect(String(refused)).toContain("the command has ended");
    world.middle = () => undefined;
    const next = await live(disk.afterKill(), world);
    await next.run();
    expect(world.effects).toEqual(["once first", "once second"]);
    expect(linesOf(next.reports[0])).toEqual(["error interrupted"]);
  });
});

describe("a batch that waits for the clock", () => {
  const document = { expires: "2026-01-01T00:00:00Z", commands: commands("once('a')") };

  it("is not given up when the device loses its power again and again meanwhile", async () => {
    let disk = await take(document);
    for (let life = 0; life < 5; life++) {
      const device = await live(disk, world, { now: 0 });
      expect(await device.run()).toBe("waiting");
      disk = device.disk.afterPowerCut();
    }
    const device = await live(disk, world, { now: Date.parse("2025-02-01T00:00:00Z") });
    expect(await device.run()).toBe("done");
    expect(linesOf(device.reports[0])).toEqual(['ok {"effect":"once","attempt":1}']);
  });

  it("is given up when the device dies of it once the clock is right", async () => {
    let disk = await take(document);
    const waiting = await live(disk, world, { now: 0 });
    expect(await waiting.run()).toBe("waiting");
    disk = waiting.disk.afterPowerCut();
    const now = Date.parse("2025-02-01T00:00:00Z");
    // Something ends the process before anything has begun, the parser say: nothing is written but that the wait is over.
    for (let life = 0; life < 3; life++) {
      const device = await live(disk, world, { now });
      let isOver = device.journal.state.services.get("apps")?.open?.isWaiting === false;
      device.disk.fault = (operation) => {
        if (operation === "write" && isOver) return new Error("the process was killed here");
        isOver ||= operation === "sync";
        return undefined;
      };
      await expect(device.run()).rejects.toThrow("killed");
      disk = device.disk.afterKill();
    }
    const device = await live(disk, world, { now });
    await device.run();
    expect(linesOf(device.reports[0])).toEqual(["error quarantined"]);
  });
});

describe("a staged document that the disk does not give", () => {
  it("is tried ten times, and then the batch is reported as lost", async () => {
    const disk = await take(commands("once('a')"));
    let isBroken = true;
    disk.fault = (operation, path) =>
      isBroken && operation === "read" && path.includes("/incoming/") ? errno("EIO") : undefined;
    const device = await live(disk, world);
    for (let time = 0; time < 9; time++) await expect(device.run()).rejects.toThrow("EIO");
    expect(device.reports).toEqual([]);
    await device.run();
    expect(device.reports[0]?.error?.code).toBe("document-lost");
    isBroken = false;
    expect(world.effects).toEqual([]);
  });

  it("is run when the disk gives it at the tenth try", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    disk.fault = (operation, path) => (operation === "read" && path.includes("/incoming/") ? errno("EIO") : undefined);
    for (let time = 0; time < 9; time++) await expect(device.run()).rejects.toThrow("EIO");
    // What it gave once it has: those nine do not count any more.
    disk.fault = (operation, path) => (operation === "write" && path.includes("/outbox/") ? errno("EIO") : undefined);
    for (let time = 0; time < 3; time++) await expect(device.run()).rejects.toThrow("EIO");
    disk.fault = (operation, path) => (operation === "read" && path.includes("/incoming/") ? errno("EIO") : undefined);
    for (let time = 0; time < 9; time++) await expect(device.run()).rejects.toThrow("EIO");
    disk.fault = () => undefined;
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual(["once a"]);
  });
});

describe("results that fill the disk", () => {
  it("are given up as errors in time, so that the report finds room", async () => {
    const disk = await take(commands(...Array.from({ length: 6 }, (_, index) => `once('${index}')`)));
    world.middle = () => "x".repeat(200_000);
    disk.capacity = disk.used + 1_000_000;
    const device = await live(disk, world);
    await device.reserve.hold();
    expect(await device.run()).toBe("done");
    const lines = device.reports[0]?.commands.map(({ status, error }) => error?.code ?? status);
    expect(lines?.slice(0, 1)).toEqual(["ok"]);
    expect(lines?.slice(-1)).toEqual(["disk-full"]);
    expect(world.effects).toHaveLength(6);
  });
});
