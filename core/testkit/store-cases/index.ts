import type { Capabilities } from "../../plugin/driver.ts";
import type { Random } from "../../plugin/surroundings.ts";
import { nodeRandom } from "../../ports/random.ts";
import { memoryCapabilities } from "../memory.ts";
import { type CaseDraft, finishCase, type StoreCase } from "./case.ts";
import { checked } from "./checked.ts";
import { costCases } from "./cost.ts";
import { capabilityNames, undeclared, watching } from "./declared.ts";
import { breakingCases } from "./faults.ts";
import { givingUp } from "./giving-up.ts";
import { keys, refusals } from "./keys.ts";
import { listing, listPages } from "./listing.ts";
import { multipart } from "./multipart.ts";
import { type ProcessOptions, processRaces } from "./processes.ts";
import { racing } from "./racing.ts";
import { reading } from "./reading.ts";
import { resources } from "./resources.ts";
import { sharing } from "./sharing.ts";
import { type Transport, transportCases } from "./transport.ts";
import { writing } from "./writing.ts";

export type { CapabilityName } from "../../plugin/driver.ts";
export type { StoreCase } from "./case.ts";
export type { ProcessOptions } from "./processes.ts";
export type { Transport, TransportFault } from "./transport.ts";

/** Which cases apply, and what they need. */
export interface StoreCaseOptions {
  /** What the store declares: only the cases that then apply. All cases without it. */
  readonly can?: Capabilities;
  /** Whether `open` gives a store behind core's layers, which also refuses bad keys. */
  readonly isLayered?: boolean;
  /** Source of the random prefixes. */
  readonly random?: Random;
  /** How other processes open the same objects. Without it the cases in which several of them race are not among the answer. */
  readonly inProcesses?: ProcessOptions;
  /**
   * The way to the store, where a test can count its requests and break them. Without it the cases of cost and of transport
   * faults are not among the answer. Not together with `isLayered`: these cases put the layers around the bare driver themselves.
   */
  readonly transport?: Transport;
}

function applies(draft: CaseDraft, can: Capabilities): boolean {
  const { needs = [], lacks = [] } = draft;
  return needs.every((name) => can[name]) && lacks.every((name) => !can[name]);
}

/** What is declared is shown by some case, what is not is refused in one; a kit that could do neither proves nothing. */
function checkCovered(drafts: readonly CaseDraft[], can: Capabilities): void {
  for (const name of capabilityNames) {
    if (typeof can[name] !== "boolean") {
      throw new TypeError(`store cases: can.${name} is ${String(can[name])}; declare it true or false`);
    }
    const side = can[name] ? "needs" : "lacks";
    if (drafts.some((draft) => draft[side]?.includes(name))) continue;
    const missing = can[name] ? `shows what can.${name} declares` : `sees ${name} refused`;
    throw new Error(`store cases: no case ${missing}; add one, or one that needs less besides`);
  }
}

/**
 * What every store must do, for any test runner: run each case's `run` with a function that opens the store; each call of it
 * must open the same objects. Throws when a capability is neither declared nor denied, or no case would look at it.
 *
 * ```ts
 * for (const one of storeCases({ can: plugin.can })) test(one.title, () => one.run(openMyStore), one.limitMs);
 * ```
 */
export function storeCases(options: StoreCaseOptions = {}): readonly StoreCase[] {
  const { can, isLayered = false, random = nodeRandom(), inProcesses, transport } = options;
  if (transport !== undefined && isLayered) {
    throw new TypeError(
      "store cases: `transport` is for the bare driver, around which its cases put the layers themselves; leave out `isLayered`, and open `driver` of startStore",
    );
  }
  const drafts = [
    ...reading,
    ...writing,
    ...racing,
    ...(inProcesses === undefined ? [] : processRaces(inProcesses)),
    ...sharing,
    ...checked,
    ...multipart,
    ...listing,
    listPages(transport),
    ...keys,
    ...givingUp,
    ...resources,
    ...breakingCases(can ?? memoryCapabilities),
    ...(transport === undefined
      ? []
      : [...costCases(transport), ...transportCases(transport, can ?? memoryCapabilities)]),
    ...watching,
    ...undeclared,
    ...(isLayered ? refusals : []),
  ];
  const chosen = can === undefined ? drafts : drafts.filter((draft) => applies(draft, can));
  if (can !== undefined) checkCovered(chosen, can);
  return chosen.map((draft) => finishCase(draft, () => `case-${random.hex(8)}`));
}
