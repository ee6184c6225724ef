import { fault, reasonOf } from "../../errors.ts";
import { readOptions } from "../../host/read-options.ts";
import type { StorePlugin } from "../../plugin/contract.ts";
import { type Capabilities, type Driver, StoreError } from "../../plugin/driver.ts";
import { withinLimit } from "../../ports/clock.ts";
import { KnownCapabilities } from "../../store/known.ts";
import { storeCases } from "../../testkit/store-cases/index.ts";
import { type ProcessOptions, seesFromOutside } from "../../testkit/store-cases/processes.ts";
import { chooseCases, type Examined, runCases } from "./examine.ts";
import { type GivenConfig, takeEntry } from "./given.ts";
import { Opener } from "./opener.ts";
import type { CaseMode } from "./report.ts";

/** Milliseconds in which a store has to say whether it can be used at all. */
const reachLimitMs = 30_000;

/** Milliseconds for removing what a case that did not end has written. */
const sweepLimitMs = 10_000;

/** What says that a store cannot be reached, and not that it is wrong. */
const unreachable: readonly string[] = ["denied", "unavailable", "timeout"];

const notShared =
  "cases in which several processes race: another process does not see what this one writes, so the store is of one process only";

/** Puts a store backend through the whole kit, bare and behind the layers. Throws what keeps it from being used at all. */
export async function examineStore(plugin: StorePlugin, file: string, examined: Examined): Promise<void> {
  const { ports, asked, tell } = examined;
  const config = takeEntry(asked.config);
  const opener = new Opener(plugin, config, ports);
  let lastPrefix = asked.sweep;
  if (lastPrefix !== "") await sweep(opener, () => opener.openBare(), lastPrefix, examined);
  const processes = { use: asked.use, config: config.options, folder: process.cwd() };
  const { isShared, can } = await tryOut(plugin, processes, opener, examined);
  await tell({ tell: "loaded", loaded: { kind: "store", file, backend: plugin.backend, can } });
  // The prefix of each case is known, so that one that hangs can be cleaned up after.
  const notePrefix = (hex: string) => {
    lastPrefix = `case-${hex}/`;
    void tell({ tell: "prefix", prefix: lastPrefix });
    return hex;
  };
  const random = { ...ports.random, hex: (length: number) => notePrefix(ports.random.hex(length)) };
  // What the layers do for a backend, it need not do itself: the second round knows how the first one went.
  const modes: readonly CaseMode[] = ["layered", "bare"];
  const planned = modes.flatMap((mode) => {
    const isLayered = mode === "layered";
    const open = () => (isLayered ? opener.openLayered() : opener.openBare());
    const inProcesses = isLayered ? { ...processes, prefix: config.prefix } : processes;
    const cases = storeCases({ can, isLayered, random, ...(isShared ? { inProcesses } : {}) });
    return cases.map(({ id, title, limitMs, run }) => ({
      ...{ id, title, mode, limitMs },
      run: () => run(open),
      clear: async (isHung: boolean) => {
        await opener.closeRest();
        return isHung ? sweep(opener, open, lastPrefix, examined) : undefined;
      },
    }));
  });
  const chosen = chooseCases(planned, "store", asked);
  await runCases(chosen, "store", isShared ? [] : [notShared], examined);
}

/** Removes what lies below the prefix of a case that was cut off. Answers why something is still there. */
async function sweep(
  opener: Opener,
  open: () => Promise<Driver>,
  prefix: string,
  { ports }: Examined,
): Promise<string | undefined> {
  const onLimit = () => new Error(`removing did not end within ${sweepLimitMs / 1000} s`);
  try {
    await withinLimit(ports.clock, sweepLimitMs, undefined, onLimit, async (signal) => {
      const driver = await open();
      const keys: string[] = [];
      for await (const { key } of driver.list(prefix, { signal })) keys.push(key);
      for (const key of keys) await driver.remove(key, { signal });
    });
    return undefined;
  } catch (thrown) {
    return `objects below ${prefix} may be left: ${reasonOf(thrown)}`;
  } finally {
    await opener.closeRest();
  }
}

/**
 * Opens the store, asks it for an object that nobody has, and looks whether another process sees what this one writes. Answers that,
 * and what it can. Throws "plugin-config" or "plugin-unusable" when it cannot be used at all.
 */
async function tryOut(
  plugin: StorePlugin,
  processes: ProcessOptions & { readonly config: GivenConfig["options"] },
  opener: Opener,
  { ports }: Examined,
): Promise<{ readonly isShared: boolean; readonly can: Capabilities }> {
  const read = readOptions(plugin.config, processes.config);
  if ("reason" in read) throw fault("plugin-config", { place: "plugin", use: processes.use, reason: read.reason });
  let driver: Driver;
  try {
    driver = await opener.openBare();
  } catch (thrown) {
    throw unusable(processes.use, thrown);
  }
  // Of a compatible server what the runtime believes of it before it was tried.
  const can = new KnownCapabilities(plugin.can, driver.unproven).now;
  const key = `case-${ports.random.hex(8)}/look`;
  const onLimit = () => new StoreError("timeout", `no answer within ${reachLimitMs} ms`);
  try {
    return await withinLimit(ports.clock, reachLimitMs, undefined, onLimit, async (signal) => {
      const answer = await driver.read(key, { signal });
      if (answer.status === "ok") answer.body.destroy();
      try {
        await driver.write(key, Buffer.from("seen"), { signal });
        return { isShared: await seesFromOutside(processes, key), can };
      } finally {
        await driver.remove(key, { signal });
      }
    });
  } catch (thrown) {
    if (thrown instanceof StoreError && unreachable.includes(thrown.code)) throw unusable(processes.use, thrown);
    // What is wrong with it the cases say, in their own words.
    return { isShared: true, can };
  } finally {
    await opener.closeRest();
  }
}

function unusable(use: string, thrown: unknown): Error {
  return fault("plugin-unusable", { use, reason: reasonOf(thrown) }, { cause: thrown });
}
