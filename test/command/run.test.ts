import { beforeEach, describe, expect, it } from "vitest";
import { batchResultBytes } from "../../core/command/entry.ts";
import { RustiqError } from "../../core/errors.ts";
import { commands, type Effects, live, receivedAt, take } from "./batch.ts";

let world: Effects;
beforeEach(() => {
  world = { effects: [], middle: () => undefined };
});

const results = (report: { commands: readonly { result: string; status: string }[] } | undefined) =>
  report?.commands.map(({ status, result }) => `${status} ${result}`);

describe("a batch", () => {
  it("runs its entries in order, one after the other, to one report", async () => {
    let running = 0;
    world.middle = async () => {
      running += 1;
      await Promise.resolve();
      expect(running).toBe(1);
      running -= 1;
    };
    const disk = await take(commands("read('a')", "once('b')", "idempotent('c')"));
    const device = await live(disk, world);
    expect(await device.run()).toBe("done");
    expect(world.effects).toEqual(["read a", "once b", "idempotent c"]);
    expect(device.events).toEqual(["batch batch-1 of 3", "0 ok", "1 ok", "2 ok"]);
    expect(device.reports).toHaveLength(1);
    expect(device.reports[0]).toMatchObject({
      general_status: "ok",
      general_error: "",
      device_id: "device-7",
      service: "apps",
      batch: "batch-1",
    });
    expect(results(device.reports[0])).toEqual([
      'ok {"effect":"read","attempt":1}',
      'ok {"effect":"once","attempt":1}',
      'ok {"effect":"idempotent","attempt":1}',
    ]);
    expect(await device.run()).toBe("done");
    expect([world.effects.length, device.reports.length]).toEqual([3, 1]);
  });

  it("tells the log which entry of it failed in its handler", async () => {
    world.middle = () => {
      throw new TypeError("broken");
    };
    const device = await live(await take([{ command: "none()" }, { command: "once('b')" }]), world);
    await device.run();
    expect(device.lines).toMatchObject([
      {
        message: "a command failed in its handler",
        fields: { service: "apps", command: "once", batch: "batch-1", index: 1, error: { message: "broken" } },
      },
    ]);
  });

  it("with one wrong command among ten has nine results and one error that points at the fault", async () => {
    const wrong = "read(nmae='x')";
    const expressions = Array.from({ length: 10 }, (_, index) => (index === 4 ? wrong : `read('${index}')`));
    const device = await live(await take(commands(...expressions)), world);
    await device.run();
    const report = device.reports[0];
    expect(report?.general_status).toBe("ok");
    expect(report?.commands.filter(({ status }) => status === "ok")).toHaveLength(9);
    expect(report?.commands[4]).toEqual({
      command: wrong,
      status: "error",
      result: JSON.stringify("read() got an unexpected keyword argument 'nmae'"),
      error: {
        code: "argument-unexpected",
        message: "read() got an unexpected keyword argument 'nmae'",
        hint: "did you mean 'name'?",
        span: { start: 5, end: 9 },
      },
      started_at: receivedAt,
      duration_ms: 0,
      attempts: 0,
    });
    expect(world.effects).toHaveLength(9);
  });

  it("stops at the first failure when the document says so", async () => {
    const document = { on_error: "stop", commands: commands("read('a')", "nothing()", "once('b')", "read('c')") };
    const device = await live(await take(document), world);
    await device.run();
    expect(world.effects).toEqual(["read a"]);
    const skipped = `error ${JSON.stringify("not run: entry 2 failed and the document says on_error: stop")}`;
    expect(results(device.reports[0])?.slice(2)).toEqual([skipped, skipped]);
    expect(device.reports[0]?.commands[2]?.error?.code).toBe("command-skipped");
  });

  it("that expired is not begun, and says so", async () => {
    const document = { expires: "2025-01-01T00:00:00Z", commands: commands("once('a')") };
    const device = await live(await take(document), world);
    await device.run();
    expect(world.effects).toEqual([]);
    expect(device.reports[0]).toMatchObject({
      general_status: "error",
      general_error: "the document expired at 2025-01-01T00:00:00.000Z; nothing of it was run",
      commands: [],
    });
  });

  it("that expires in the middle is run to its end", async () => {
    const document = { expires: "2025-01-01T00:00:01Z", commands: commands("read('a')", "read('b')") };
    const disk = await take(document);
    const first = await live(disk, world);
    const stop = new AbortController();
    world.middle = () => stop.abort();
    expect(await first.run(stop.signal)).toBe("stopped");
    const second = await live(disk.afterKill(), world, { now: Date.UTC(2026, 0, 1) });
    expect(await second.run()).toBe("done");
    expect(results(second.reports[0])).toHaveLength(2);
    expect(second.reports[0]?.general_status).toBe("ok");
  });

  it("of nothing is reported too", async () => {
    const device = await live(await take([]), world);
    expect(await device.run()).toBe("done");
    expect(device.reports[0]).toMatchObject({ general_status: "ok", commands: [], finished_at: receivedAt });
  });

  it("keeps an entry's own id in the report", async () => {
    const device = await live(await take([{ command: "read()", id: "mine" }, { command: "read()" }]), world);
    await device.run();
    expect(device.reports[0]?.commands.map((entry) => entry.id)).toEqual(["mine", undefined]);
  });

  it("does not end because a handler passes on that something else was cancelled", async () => {
    world.middle = () => Promise.reject(new RustiqError("command-cancelled", "the job was cancelled"));
    const device = await live(await take(commands("idempotent()", "once()")), world);
    expect(await device.run()).toBe("done");
    expect(device.reports[0]?.commands.map(({ error }) => error?.message)).toEqual(
      Array(2).fill("the job was cancelled"),
    );
  });

  it("holds so many bytes of results and no more; the commands are carried out all the same", async () => {
    world.middle = (name) => "x".repeat(Number(name));
    const half = batchResultBytes / 2 - 2;
    const limits = { resultBytes: batchResultBytes };
    const document = commands(`once('${half}')`, `once('${half}')`, "once('1')", "read('0')");
    const device = await live(await take(document), world, { limits });
    await device.run();
    expect(world.effects).toHaveLength(4);
    expect(device.reports[0]?.commands.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      "results-too-large",
      "results-too-large",
    ]);
    expect(device.reports[0]?.commands[2]?.error?.message).toBe(
      "the results of this document would go over 16777216 bytes with the 3 of apps.once",
    );
  });
});

describe("a document in the state folder", () => {
  it("that is gone is told as such", async () => {
    const disk = await take(commands("once('a')"));
    await disk.remove("/state/incoming/apps.json");
    const device = await live(disk, world);
    expect(await device.run()).toBe("done");
    expect(device.reports[0]?.general_error).toBe(
      "the document of this batch cannot be read in the state folder any more (apps.json)",
    );
  });

  it("that cannot be read just now is tried again, and nothing is reported", async () => {
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    disk.fault = (operation) => (operation === "read" ? new Error("EIO: input/output error") : undefined);
    await expect(device.run()).rejects.toThrow("EIO");
    disk.fault = () => undefined;
    expect(await device.run()).toBe("done");
    expect(device.reports).toHaveLength(1);
    expect(device.reports[0]?.general_status).toBe("ok");
  });

  it("was judged by the limits of the day when it was taken", async () => {
    const disk = await take(commands("read('a')", "read('b')"));
    const device = await live(disk, world, { limits: { documentBytes: 10, documentEntries: 1 } });
    await device.run();
    expect(device.reports[0]?.general_status).toBe("ok");
  });

  it("is removed when its report is safe", async () => {
    const disk = await take(commands("read('a')"));
    const device = await live(disk, world);
    await device.run();
    expect([...disk.contents.keys()].filter((path) => path.startsWith("/state/incoming/"))).toEqual([]);
    expect([...disk.contents.keys()].filter((path) => path.startsWith("/state/outbox/"))).toHaveLength(1);
    expect([...device.journal.state.outbox.values()].map(({ key, createOnly }) => [key, createOnly])).toEqual([
      ["apps/results/batch-1.json", true],
      ["apps/last_monitoring_status.json", false],
    ]);
  });
});

describe("a stop", () => {
  it("lets the running entry end and begins no other", async () => {
    const stop = new AbortController();
    world.middle = () => stop.abort();
    const disk = await take(commands("once('a')", "once('b')"));
    const device = await live(disk, world);
    expect(await device.run(stop.signal)).toBe("stopped");
    expect([world.effects, device.reports]).toEqual([["once a"], []]);
    world.middle = () => undefined;
    const next = await live(disk.afterPowerCut(), world);
    expect(await next.run()).toBe("done");
    expect(world.effects).toEqual(["once a", "once b"]);
    expect(next.reports[0]?.commands.map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  it("with everything run still reports", async () => {
    const stop = new AbortController();
    world.middle = () => stop.abort();
    const device = await live(await take(commands("once('a')")), world);
    expect(await device.run(stop.signal)).toBe("done");
    expect(device.reports).toHaveLength(1);
  });

  it.each(["read", "idempotent"])("that cancels a %s command leaves it for the next start", async (effect) => {
    const cancel = new AbortController();
    const reason = new Error("the runtime stops");
    world.middle = () => {
      cancel.abort(reason);
      throw reason;
    };
    const disk = await take(commands(`${effect}('a')`));
    expect(await (await live(disk, world)).run(cancel.signal, cancel.signal)).toBe("stopped");
    world.middle = () => undefined;
    const next = await live(disk.afterKill(), world);
    expect(await next.run()).toBe("done");
    expect(results(next.reports[0])).toEqual([`ok {"effect":"${effect}","attempt":2}`]);
  });

  it("that cancels a command which must not be repeated does not know its outcome", async () => {
    const cancel = new AbortController();
    const reason = new Error("the runtime stops");
    world.middle = () => {
      cancel.abort(reason);
      throw reason;
    };
    const disk = await take(commands("once('a')"));
    const device = await live(disk, world);
    expect(await device.run(cancel.signal, cancel.signal)).toBe("done");
    expect(results(device.reports[0])).toEqual(['error "interrupted: outcome unknown"']);
  });
});
