import { createInterface } from "node:readline";
import { reasonOf } from "../errors.ts";
import { openDriver } from "../host/backends.ts";
import { importPlugin, needSound } from "../host/import.ts";
import { makeLoneScope } from "../host/scope.ts";
import type { Driver } from "../plugin/driver.ts";
import type { Json } from "../plugin/surroundings.ts";
import { CLOCK, RANDOM } from "../plugin/tokens.ts";
import { nodeClock } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeRandom } from "../ports/random.ts";
import { openStore } from "../store/store.ts";
import { doTask, entrySchema, type RaceEntry, taskSchema } from "../testkit/race.ts";

const [clock, random] = [nodeClock(), nodeRandom()];
const { signal } = new AbortController();

async function open({ use, config, folder, prefix }: RaceEntry): Promise<Driver> {
  const plugin = needSound(await importPlugin(use, "the race", { modules: nodeModules(), clock, folder }));
  if (plugin.kind !== "store") throw new Error(`${use} is a service, not a store backend`);
  const scope = makeLoneScope(plugin.backend, silentLog, [
    [CLOCK, clock],
    [RANDOM, random],
  ]);
  const driver = await openDriver(plugin, config, scope, clock);
  if (prefix === undefined) return driver;
  const { backend, can } = plugin;
  return openStore({ name: backend, backend, can, driver, prefix, clock, random, log: silentLog, requestMs: 30_000 });
}

/**
 * One of several processes that race on one store: reads a line of JSON for each task from standard input, the first of which
 * says how to open the store, and writes a line for each answer.
 */
async function race(): Promise<void> {
  let driver: Driver | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    let answer: Json;
    try {
      if (driver === undefined) {
        driver = await open(entrySchema.parse(JSON.parse(line)));
        answer = true;
      } else answer = await doTask(driver, taskSchema.parse(JSON.parse(line)), signal);
    } catch (thrown) {
      answer = { error: reasonOf(thrown) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

await race();
process.exit();
