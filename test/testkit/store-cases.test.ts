import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Memory, memoryCapabilities, memoryDriver, seededRandom, storeCases } from "rustiq/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { type Capabilities, type Driver, noCapabilities } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { openStore } from "../../core/store/store.ts";
import { openFolder } from "../../plugins/fs/driver.ts";
import fs from "../../plugins/fs/index.ts";

const clock = nodeClock();
const random = nodeRandom();
const log = silentLog;
const root = mkdtempSync(join(tmpdir(), "rustiq-cases-"));

afterAll(() => rm(root, { recursive: true }));

const memory = new Memory();
const openMemory = () => memoryDriver(memory, clock);
const openFs = () => openFolder({ root, clock, random, log, signal: new AbortController().signal });

function layer(driver: Driver, can: Capabilities, backend: string): Driver {
  return openStore({
    name: "under-test",
    backend,
    can,
    driver,
    prefix: "a/prefix",
    clock,
    random,
    log,
    requestMs: 10_000,
  });
}

const stores: readonly (readonly [string, Capabilities, boolean, () => Driver])[] = [
  ["memory", memoryCapabilities, false, openMemory],
  ["memory behind the layers", memoryCapabilities, true, () => layer(openMemory(), memoryCapabilities, "memory")],
  [
    "a store that declares nothing, behind the layers",
    noCapabilities,
    true,
    () => layer(openMemory(), noCapabilities, "memory"),
  ],
  ["fs", fs.can, false, openFs],
  ["fs behind the layers", fs.can, true, () => layer(openFs(), fs.can, "fs")],
];

/** Thousands of files take their time on a slow disk. */
const limitMs = 60_000;

describe.each(stores)("%s", (_, can, isLayered, open) => {
  // Memory is of this process only.
  const processes = { use: "fs", config: { path: root }, ...(isLayered ? { prefix: "a/prefix" } : {}) };
  const inProcesses = can !== fs.can ? {} : { inProcesses: processes };
  test.each(storeCases({ can, isLayered, ...inProcesses }))(
    "$id: $title",
    async (one) => one.run(async () => open()),
    limitMs,
  );
});

describe("what is declared", () => {
  const names = Object.keys(noCapabilities) as readonly (keyof typeof noCapabilities)[];

  test.each(names)("has a case that shows %s, and one that sees it refused where it is not declared", (name) => {
    const cases = storeCases();
    expect(cases.filter((one) => one.needs.some((needed) => needed === name))).not.toHaveLength(0);
    expect(cases.filter((one) => one.lacks.some((lacked) => lacked === name))).not.toHaveLength(0);
    // Also where it is the only one, or the only one that lacks.
    const alone = storeCases({ can: { ...noCapabilities, [name]: true } });
    expect(alone.some((one) => one.needs.some((needed) => needed === name))).toBe(true);
    const others = storeCases({ can: { ...memoryCapabilities, [name]: false } });
    expect(others.some((one) => one.lacks.some((lacked) => lacked === name))).toBe(true);
  });

  test("is complete: neither declared nor denied is no answer", () => {
    const { ranges: _, ...rest } = noCapabilities;
    expect(() => storeCases({ can: rest as Capabilities })).toThrow(
      /can\.ranges is undefined; declare it true or false/,
    );
  });
});

function assertNever(): never {
  throw new Error("memory can be watched");
}

describe("a store that is not right", () => {
  type Change = (driver: Driver) => Partial<Driver>;
  const never = new AbortController().signal;
  const wrong: readonly (readonly [what: string, id: string, change: Change])[] = [
    [
      "that ignores create-only",
      "create-only-drivers",
      (driver) => ({ write: (k, b) => driver.write(k, b, { signal: never }) }),
    ],
    ["that ignores a swap", "swap-drivers", (driver) => ({ write: (k, b) => driver.write(k, b, { signal: never }) })],
    ["that ignores a swap", "swap-race", (driver) => ({ write: (k, b) => driver.write(k, b, { signal: never }) })],
    [
      "that ignores ifMatch",
      "range-pinned",
      (driver) => ({ read: (k, { signal, range }) => driver.read(k, { signal, range }) }),
    ],
    [
      "that ignores its signal",
      "abort-soon-read",
      (driver) => ({ read: (k, op) => driver.read(k, { ...op, signal: never }) }),
    ],
    [
      "that keeps a listener of every reader",
      "reads-many",
      (driver) => ({
        read: (k, op) => {
          op.signal.addEventListener("abort", () => undefined);
          return driver.read(k, op);
        },
      }),
    ],
    [
      "that keeps what was read",
      "reads-many",
      (driver) => {
        const kept: Buffer[] = [];
        return {
          read: (k, op) => {
            kept.push(Buffer.alloc(1000));
            return driver.read(k, op);
          },
        };
      },
    ],
    [
      "whose watch does not end with its signal",
      "watch-ended",
      (driver) => ({ watch: (prefix) => driver.watch?.(prefix, { signal: never }) ?? assertNever() }),
    ],
    [
      "that lists one page",
      "list-pages",
      (driver) => ({
        async *list(prefix, op) {
          let count = 0;
          for await (const info of driver.list(prefix, op)) if (count++ < 1000) yield info;
        },
      }),
    ],
    [
      "that ignores where a listing goes on",
      "fault-listing",
      (driver) => ({ list: (prefix, { signal }) => driver.list(prefix, { signal }) }),
    ],
    [
      "that cannot be closed twice",
      "close",
      () => {
        let isOpen = true;
        return {
          close: () => {
            if (!isOpen) throw new Error("closed already");
            isOpen = false;
          },
        };
      },
    ],
  ];

  test.each(wrong)("%s fails %s", async (_, id, change) => {
    const one = storeCases({ can: memoryCapabilities }).find((found) => found.id === id);
    const shared = new Memory();
    const open = async () => {
      const driver = memoryDriver(shared, clock);
      return { ...driver, ...change(driver) };
    };
    await expect(one?.run(open)).rejects.toThrow();
  });
});

test("every case has an id of its own, and a title", () => {
  const cases = storeCases({ isLayered: true });
  expect(new Set(cases.map((one) => one.id)).size).toBe(cases.length);
  expect(cases.every((one) => one.title.length > 10)).toBe(true);
});

test("the prefixes follow the random source", async () => {
  const seen: string[] = [];
  const one = storeCases({ random: seededRandom(7) })[0];
  for (let round = 0; round < 2; round++) {
    await one?.run(async () => {
      const driver = openMemory();
      return {
        ...driver,
        write: (key, body, op) => {
          seen.push(key);
          return driver.write(key, body, op);
        },
      };
    });
  }
  expect(new Set(seen).size).toBe(2);
});

test("leaves nothing behind", () => {
  expect(memory.objects.size).toBe(0);
});

test("takes a transport for the bare driver only, and says so", () => {
  const transport = { requests: () => 0 };
  expect(() => storeCases({ isLayered: true, transport })).toThrow("`transport` is for the bare driver");
  expect(storeCases({ transport }).some(({ id }) => id.startsWith("cost-"))).toBe(true);
});
