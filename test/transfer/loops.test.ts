import { describe, expect, it } from "vitest";
import { z } from "zod";
import { composeContainer, offerStores, resolve } from "../../core/container.ts";
import { Events } from "../../core/events.ts";
import { Reserve } from "../../core/journal/reserve.ts";
import { openStore } from "../../core/store/store.ts";
import { StoreSet } from "../../core/store/stores.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type Fault, faultyDriver } from "../../core/testkit/faulty.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../core/testkit/memory.ts";
import { type LogLine, recordLog, seededRandom } from "../../core/testkit/surroundings.ts";
import { INVOKER, LOOPS, OUTBOX, SERVICES } from "../../core/tokens.ts";
import { configure, serviceOf } from "../command/around.ts";
import { Disk } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";

// Loaded at the first command, in real time, which the virtual clock of these tests does not wait for.
await import("../../grammar/parse.ts");

const never = new AbortController().signal;
const minute = 60_000;

/** The runtime's loops over a disk and stores in memory; the services `one` and `two` note what they run. */
async function compose(
  options: {
    readonly outboxBytes?: number;
    readonly now?: number;
    readonly faults?: Readonly<Record<string, readonly Fault[]>>;
  } = {},
) {
  const { outboxBytes, now, faults = {} } = options;
  const [disk, clock, random] = [new Disk(), new VirtualClock(now), seededRandom(3)];
  const lines: LogLine[] = [];
  const ran: string[] = [];
  const log = recordLog(lines);
  const reserve = new Reserve(disk, "/state", 4096);
  const journal = await openJournal(disk, { reserve });
  const events = new Events((thrown) => {
    throw thrown;
  });
  const processes = { start: () => Promise.reject(new Error("no program is started here")) };
  const configuration = configure(outboxBytes === undefined ? {} : { outboxBytes });
  const root = composeContainer({
    ...{ configuration, clock, random, files: disk, processes },
    ...{ log, events, journal, reserve },
  });
  const incoming = new Memory();
  const stores = ["incoming", "status"].map((name) => {
    const memory = memoryDriver(name === "incoming" ? incoming : new Memory(), clock);
    const driver = faultyDriver(memory, { clock, script: faults[name] ?? [] });
    const about = { backend: "memory", can: memoryCapabilities, prefix: "", requestMs: 10_000, attempts: 1 };
    return openStore({ ...about, name, driver, clock, random, log });
  });
  offerStores(root, new StoreSet(stores));
  for (const name of ["one", "two"]) {
    const run = () => {
      ran.push(name);
      return name;
    };
    const command = { about: "for tests", args: {}, result: z.unknown(), effect: "once", run } as const;
    const { plugin, handlers } = serviceOf(name, { go: command });
    resolve(root, SERVICES).put({ name, status: "running", plugin, handlers, log });
  }
  resolve(root, INVOKER).open();
  const send = (service: string, more: object = {}) => {
    const bytes = Buffer.from(JSON.stringify({ ...more, commands: [{ command: "go()" }] }));
    return memoryDriver(incoming, clock).write(`${service}/commands.json`, bytes, { signal: never });
  };
  const loops = resolve(root, LOOPS);
  const once = () => loops.serveOnce({ stop: never, cancel: never });
  const outbox = resolve(root, OUTBOX);
  const told = (level: LogLine["level"]) => lines.filter((line) => line.level === level).map(({ message }) => message);
  /** Serves until the answer is called. */
  const serve = async () => {
    const stop = new AbortController();
    const serving = loops.serve({ stop: stop.signal, cancel: never });
    await clock.advance(0);
    return async () => {
      stop.abort(new Error("the runtime stops"));
      await serving;
    };
  };
  return { disk, clock, journal, outbox, ran, send, once, serve, told };
}

describe("a device whose outbox is full of reports", () => {
  it("takes no batch until one is delivered, and says when that begins and when it ends", async () => {
    const { outbox, clock, send, serve, ran, told } = await compose({ outboxBytes: 100 });
    await send("one");
    const end = await serve();
    await clock.advance(1000);
    expect([ran, outbox.isFull]).toEqual([["one"], true]);
    await send("one");
    await send("two");
    await clock.advance(10 * minute);
    expect(ran).toEqual(["one"]);
    const full = "the outbox is full of reports; no document is taken until some are delivered";
    expect(told("warn").filter((message) => message === full)).toHaveLength(1);
    for (const item of outbox.items()) await outbox.settle(item);
    await clock.advance(2 * minute);
    expect(ran.length).toBeGreaterThan(1);
    expect(told("info")).toContain("the outbox has room again; documents are taken");
    await end();
  });

  it("answers once which services it could not serve", async () => {
    const { send, once } = await compose({ outboxBytes: 100 });
    await send("one");
    expect(await once()).toContain("one");
  });
});

describe("a document that waits for the clock", () => {
  const expires = "2025-01-02T00:00:00Z";

  it("holds its own service up and no other, and is run when the clock is right", async () => {
    const { clock, send, serve, ran, told } = await compose({ now: 0 });
    await send("one", { expires });
    await send("two");
    const end = await serve();
    await clock.advance(10 * minute);
    expect(ran).toEqual(["two"]);
    expect(told("warn")).toEqual([expect.stringMatching(/expires.*waits/)]);
    clock.setWallClock(Date.parse("2025-01-01T12:00:00Z"));
    await clock.advance(minute);
    expect(ran).toEqual(["two", "one"]);
    await end();
    expect(clock.pending).toBe(0);
  });

  it("is told by a run that does not stay", async () => {
    const { send, once, ran } = await compose({ now: 0 });
    await send("one", { expires });
    await send("two");
    expect(await once()).toEqual(["one"]);
    expect(ran).toEqual(["two"]);
  });
});

describe("a store that does not answer", () => {
  const unavailable = (on: "head" | "read"): readonly Fault[] => [{ on, times: 2, fail: { code: "unavailable" } }];

  it.each([
    ["incoming", { incoming: unavailable("read") }],
    ["status", { status: unavailable("head") }],
  ])("is told by its name where the others wait for it: %s", async (name, faults) => {
    const { journal, clock, send, serve, told } = await compose({ faults });
    await journal.append([{ t: "damaged", at: "2025-01-01T00:00:00.000Z", reason: "for tests" }], { durable: true });
    await send("one");
    const end = await serve();
    await clock.advance(10 * minute);
    expect(journal.state.services.get("one")?.batches.size).toBe(1);
    const outage = expect.stringMatching(`^store ${name} does not answer; it is tried again until it does: `);
    expect([told("warn"), told("error")]).toEqual([[outage], []]);
    await end();
  });
});

describe("a full disk", () => {
  it("is told once for each service, and work goes on when there is room", async () => {
    const { disk, clock, send, serve, ran, told } = await compose();
    disk.left = 0;
    for (const service of ["one", "two"]) await send(service);
    const end = await serve();
    await clock.advance(10 * minute);
    expect(ran).toEqual([]);
    expect(told("error")).toHaveLength(2);
    expect(told("error").every((message) => message.includes("disk full: no document is taken"))).toBe(true);
    disk.left = undefined;
    await clock.advance(2 * minute);
    expect([...ran].sort()).toEqual(["one", "two"]);
    await end();
  });
});
