import { faultyDriver, Memory, memoryCapabilities, memoryDriver, seededRandom } from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import type { CapabilityName, Driver, Multipart } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { probePlace, probePrefix } from "../../core/store/probe.ts";

const { signal } = new AbortController();
const clock = nodeClock();
const names = (Object.keys(memoryCapabilities) as CapabilityName[]).filter((name) => name !== "watch");
const probe = (driver: Driver, asked = names, own = signal) => probePlace(driver, asked, seededRandom(), own);

function open(change: (driver: Driver) => Partial<Driver> = () => ({})) {
  const memory = new Memory();
  const driver = memoryDriver(memory, clock);
  return { memory, driver: { ...driver, ...change(driver) } };
}

function changeParts(change: (multipart: Multipart) => Partial<Multipart>): (driver: Driver) => Partial<Driver> {
  return ({ multipart }) => (multipart === undefined ? {} : { multipart: { ...multipart, ...change(multipart) } });
}

const without: Readonly<Record<Exclude<CapabilityName, "watch">, (driver: Driver) => Partial<Driver>>> = {
  createOnly: (driver) => ({
    write: (key, body, op) =>
      driver.write(key, body, op.when !== undefined && "absent" in op.when ? { ...op, when: undefined } : op),
  }),
  compareAndSwap: (driver) => ({
    write: (key, body, op) =>
      driver.write(key, body, op.when !== undefined && "match" in op.when ? { ...op, when: undefined } : op),
  }),
  metadata: (driver) => ({ write: (key, body, op) => driver.write(key, body, { ...op, meta: undefined }) }),
  checksums: (driver) => ({ write: (key, body, op) => driver.write(key, body, { ...op, md5: undefined }) }),
  ranges: (driver) => ({ read: (key, op) => driver.read(key, { ...op, range: undefined }) }),
  conditionalRead: (driver) => ({
    read: (key, op) => driver.read(key, { ...op, ifMatch: undefined, ifNoneMatch: undefined }),
  }),
  multipart: changeParts(() => ({
    complete: async (key) => ({ key, size: 0, etag: '"1"', modifiedAt: 0 }),
  })),
  conditionalMultipart: changeParts((multipart) => ({
    complete: (key, upload, parts, op) => multipart.complete(key, upload, parts, { ...op, when: undefined }),
  })),
};

describe("trying what a place can", () => {
  test("finds everything that is there, and leaves nothing behind", async () => {
    const { memory, driver } = open();
    const { found, untried } = await probe(driver);
    expect(found).toEqual(Object.fromEntries(names.map((name) => [name, true])));
    expect([untried, memory.objects.size, memory.uploads.size]).toEqual([{}, 0, 0]);
  });

  test.each(Object.entries(without))("finds that %s is ignored", async (name, change) => {
    const { memory, driver } = open(change);
    const { found } = await probe(driver);
    expect(found[name as CapabilityName]).toBe(false);
    // A place that cannot put parts together heeds no condition of it either.
    const others = names.filter((other) => other !== name && !(name === "multipart" && /multipart/i.test(other)));
    expect(others.filter((other) => found[other] !== true)).toEqual([]);
    expect(memory.objects.size).toBe(0);
  });

  test("finds a swap that is always refused", async () => {
    const { driver } = open((inner) => ({
      write: (key, body, op) =>
        inner.write(key, body, op.when !== undefined && "match" in op.when ? { ...op, when: { match: "x" } } : op),
    }));
    expect((await probe(driver)).found.compareAndSwap).toBe(false);
  });

  test("takes a refusal of the request itself for an answer", async () => {
    const { driver } = open();
    const script = [{ on: "begin upload" as const, times: 99, fail: { code: "unsupported" as const } }];
    const { found } = await probe(faultyDriver(driver, { clock, script }));
    expect([found.multipart, found.conditionalMultipart, found.createOnly]).toEqual([false, false, true]);
  });

  test("says of each what could not be tried, with its reason", async () => {
    const { driver } = open();
    const script = [{ on: "write" as const, times: 99, fail: { code: "denied" as const } }];
    const all = await probe(faultyDriver(driver, { clock, script }));
    expect(all.found).toEqual({});
    expect(Object.keys(all.untried).sort()).toEqual([...names].sort());
    expect(all.untried.ranges).toMatchObject({ code: "denied" });
    const some = [{ on: "read" as const, times: 99, fail: { code: "timeout" as const } }];
    const { found, untried } = await probe(faultyDriver(driver, { clock, script: some }));
    expect(Object.keys(untried).sort()).toEqual(["conditionalRead", "multipart", "ranges"]);
    expect(found.createOnly).toBe(true);
  });

  test("asks only for what is named, below one prefix, and ends with its signal", async () => {
    const { driver } = open();
    const faulty = faultyDriver(driver, { clock, script: [] });
    expect((await probe(faulty, ["createOnly"])).found).toEqual({ createOnly: true });
    expect(faulty.requests.map(({ operation }) => operation)).toEqual(["write", "write", "remove"]);
    expect(faulty.requests.every(({ key }) => key.startsWith(probePrefix))).toBe(true);
    const controller = new AbortController();
    controller.abort(new Error("stopped"));
    await expect(probe(driver, names, controller.signal)).rejects.toThrow("stopped");
  });
});
