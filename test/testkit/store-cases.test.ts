import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Memory, memoryCapabilities, memoryDriver, seededRandom, storeCases } from "rustiq/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capabilities, Driver } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { openStore } from "../../core/store/store.ts";
import { openFolder } from "../../plugins/fs/driver.ts";
import fs from "../../plugins/fs/index.ts";

const clock = nodeClock();
const random = nodeRandom();
const log = silentLog;
let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rustiq-cases-"));
});
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

const poor: Capabilities = {
  conditionalRead: false,
  createOnly: false,
  compareAndSwap: false,
  ranges: false,
  metadata: false,
  watch: false,
};

const stores: readonly (readonly [string, Capabilities, boolean, () => Driver])[] = [
  ["memory", memoryCapabilities, false, openMemory],
  ["memory behind the layers", memoryCapabilities, true, () => layer(openMemory(), memoryCapabilities, "memory")],
  ["a store that declares nothing, behind the layers", poor, true, () => layer(openMemory(), poor, "memory")],
  ["fs", fs.can, false, openFs],
  ["fs behind the layers", fs.can, true, () => layer(openFs(), fs.can, "fs")],
];

describe.each(stores)("%s", (_, can, isLayered, open) => {
  test.each(storeCases({ can, isLayered }))("$id: $title", async (one) => one.run(async () => open()));
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
