import { fault, reasonOf } from "../../errors.ts";
import { didYouMean } from "../../near.ts";
import type { StorePlugin } from "../../plugin/contract.ts";
import { type Capabilities, type Driver, StoreError } from "../../plugin/driver.ts";
import { withinLimit } from "../../ports/clock.ts";
import { KnownCapabilities } from "../../store/known.ts";
import { type StoreCase, storeCases } from "../../testkit/store-cases/index.ts";
import { type ProcessOptions, seesFromOutside } from "../../testkit/store-cases/processes.ts";
import { exitCodes, usageFault } from "../failure.ts";
import type { PluginCheckOptions } from "../groups/plugin.ts";
import { onStopSignal } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import type { Checked } from "./check.ts";
import type { GivenConfig } from "./given.ts";
import type { LostErrors } from "./lost.ts";
import { Opener, type OpenerPorts } from "./opener.ts";
import { type CaseMode, type CheckedCase, type CheckedStore, showCase, showStore } from "./report.ts";
import { runCase, type Workshop } from "./run-case.ts";

/** Milliseconds in which a store has to say whether it can be used at all. */
const reachLimitMs = 30_000;

/** What says that a store cannot be reached, and not that it is wrong. */
const unreachable: readonly string[] = ["denied", "unavailable", "timeout"];

/** Puts a store backend through the whole kit, bare and behind the layers. Throws what keeps it from being used at all. */
export async function checkStore(
  plugin: StorePlugin,
  { use, file }: Checked,
  config: GivenConfig,
  options: PluginCheckOptions,
  { ports, lost }: { readonly ports: OpenerPorts; readonly lost: LostErrors },
  terminal: Terminal,
): Promise<number> {
  const { backend } = plugin;
  // The prefix of each case is known, so that one that hangs can be cleaned up after.
  const workshop: Workshop = { ports, lost, opener: new Opener(plugin, config, ports), lastPrefix: "" };
  const random = { ...ports.random, hex: (length: number) => notePrefix(workshop, ports.random.hex(length)) };
  const processes = { use, config: config.options, folder: process.cwd() };
  const { isShared, can } = await tryOut(plugin, processes, workshop);
  // What the layers do for a backend, it need not do itself: the second round knows how the first one went.
  const modes: readonly CaseMode[] = ["layered", "bare"];
  const planned = modes.flatMap((mode) => {
    const isLayered = mode === "layered";
    const inProcesses = isLayered ? { ...processes, prefix: config.prefix } : processes;
    const cases = storeCases({ can, isLayered, random, ...(isShared ? { inProcesses } : {}) });
    return cases.map((one) => ({ mode, one }));
  });
  const chosen = choose(planned, options.case);
  const done: CheckedCase[] = [];
  let isStopped = false;
  const forget = onStopSignal(ports.clock, () => {
    isStopped = true;
    terminal.tell("stopping after this case, so that nothing of it is left; a second time ends at once");
  });
  try {
    for (const [index, { mode, one }] of chosen.entries()) {
      if (isStopped) break;
      terminal.tellProgress(`${index + 1} of ${chosen.length}  ${mode} ${one.id}`);
      const limitMs = options.limit === undefined ? one.limitMs : 1000 * options.limit;
      const checked = settle(await runCase(one, mode, limitMs, workshop), done);
      done.push(checked);
      if (options.json !== true && (checked.status === "failed" || terminal.isRead)) {
        terminal.print(showCase(checked, terminal));
      }
    }
  } finally {
    forget();
  }
  const found: CheckedStore = { plugin: use, file, backend, can, cases: done, planned: chosen.length, isShared };
  showStore(found, options.json === true, terminal);
  if (isStopped) return exitCodes.interrupted;
  return done.some(({ status }) => status === "failed") ? exitCodes.failed : exitCodes.done;
}

function notePrefix(workshop: Workshop, hex: string): string {
  workshop.lastPrefix = `case-${hex}/`;
  return hex;
}

function settle(checked: CheckedCase, before: readonly CheckedCase[]): CheckedCase {
  const isCovered = before.some(({ id, status }) => id === checked.id && status === "passed");
  return checked.status === "failed" && checked.mode === "bare" && isCovered
    ? { ...checked, status: "covered" }
    : checked;
}

/**
 * Opens the store, asks it for an object that nobody has, and looks whether another process sees what this one writes. Answers that,
 * and what it can. Throws
 * "plugin-config" or "store-open" when it cannot be used at all.
 */
async function tryOut(
  plugin: StorePlugin,
  processes: ProcessOptions,
  { opener, ports }: Workshop,
): Promise<{ readonly isShared: boolean; readonly can: Capabilities }> {
  const parsed = plugin.config.safeParse(processes.config);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
    throw fault("plugin-config", { place: "plugin", use: processes.use, reason: reasons.join("; ") });
  }
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

function choose<T extends { readonly one: StoreCase }>(
  planned: readonly T[],
  ids: readonly string[] = [],
): readonly T[] {
  if (ids.length === 0) return planned;
  const known = new Set(planned.map(({ one }) => one.id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown === undefined) return planned.filter(({ one }) => ids.includes(one.id));
  const hint = didYouMean(unknown, known) ?? `Its cases: ${[...known].join(", ")}.`;
  throw usageFault(`no case ${unknown} applies to this store`, hint);
}
