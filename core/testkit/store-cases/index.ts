import type { Capabilities } from "../../plugin/driver.ts";
import type { Random } from "../../plugin/surroundings.ts";
import { nodeRandom } from "../../ports/random.ts";
import { type CaseDraft, finishCase, type StoreCase } from "./case.ts";
import { declared } from "./declared.ts";
import { givingUp } from "./giving-up.ts";
import { keys, refusals } from "./keys.ts";
import { listing } from "./listing.ts";
import { reading } from "./reading.ts";
import { writing } from "./writing.ts";

export type { CapabilityName, StoreCase } from "./case.ts";

export interface StoreCaseOptions {
  /** What the store declares: only the cases that then apply. All cases without it. */
  readonly can?: Capabilities;
  /** Whether `open` gives a store behind core's layers, which also refuses bad keys. */
  readonly isLayered?: boolean;
  /** Source of the random prefixes. */
  readonly random?: Random;
}

function applies(draft: CaseDraft, can: Capabilities): boolean {
  const { needs = [], lacks = [] } = draft;
  return needs.every((name) => can[name]) && lacks.every((name) => !can[name]);
}

/**
 * What every store must do, for any test runner: run each case's `run` with a function that opens the store.
 *
 * ```ts
 * for (const one of storeCases({ can: plugin.can })) test(one.title, () => one.run(openMyStore));
 * ```
 */
export function storeCases(options: StoreCaseOptions = {}): readonly StoreCase[] {
  const { can, isLayered = false, random = nodeRandom() } = options;
  const drafts = [
    ...reading,
    ...writing,
    ...listing,
    ...keys,
    ...givingUp,
    ...declared,
    ...(isLayered ? refusals : []),
  ];
  const chosen = can === undefined ? drafts : drafts.filter((draft) => applies(draft, can));
  return chosen.map((draft) => finishCase(draft, () => `case-${random.hex(8)}`));
}
