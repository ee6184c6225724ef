import { reasonOf } from "../../errors.ts";
import { withinLimit } from "../../ports/clock.ts";
import type { StoreCase } from "../../testkit/store-cases/index.ts";
import { readFinding } from "./finding.ts";
import type { LostErrors } from "./lost.ts";
import type { Opener, OpenerPorts } from "./opener.ts";
import type { CaseMode, CheckedCase } from "./report.ts";

/** Milliseconds for removing what a case that did not end has written. */
const sweepLimitMs = 10_000;

/** Milliseconds that a lost error may be late without being taken for the next case's. */
const lateMs = 5;

/** What cases are run with. */
export interface Workshop {
  readonly ports: OpenerPorts;
  readonly opener: Opener;
  readonly lost: LostErrors;
  /** Where the case that is run writes. */
  lastPrefix: string;
}

/** Runs one case to its end or its limit, and clears away what it left. */
export async function runCase(
  one: StoreCase,
  mode: CaseMode,
  limitMs: number,
  workshop: Workshop,
): Promise<CheckedCase> {
  const { ports, opener, lost } = workshop;
  const { id, title } = one;
  const begun = ports.clock.elapsed();
  let isHung = false;
  const onLimit = () => {
    isHung = true;
    return new Error(`it did not end within ${limitMs / 1000} s`);
  };
  const open = () => (mode === "layered" ? opener.openLayered() : opener.openBare());
  let failure: unknown;
  try {
    await withinLimit(ports.clock, limitMs, undefined, onLimit, () => one.run(open));
  } catch (thrown) {
    failure = thrown;
  }
  const ms = Math.round(ports.clock.elapsed() - begun);
  await opener.closeRest();
  const left = isHung ? await sweep(workshop, open) : undefined;
  await ports.clock.sleep(lateMs, new AbortController().signal);
  const uncaught = lost.take();
  const known = { id, mode, title, ms };
  if (failure === undefined && uncaught.length === 0) return { ...known, status: "passed" };
  const finding =
    failure === undefined
      ? { expected: "no error that nobody catches", found: uncaught.join("; ") }
      : readFinding(failure, title);
  return { ...known, status: "failed", ...finding, ...(left === undefined ? {} : { left }) };
}

/** Removes what lies below the prefix of a case that hangs. Answers why something is still there. */
async function sweep({ ports, opener, lastPrefix }: Workshop, open: Opener["openBare"]): Promise<string | undefined> {
  const onLimit = () => new Error(`removing did not end within ${sweepLimitMs / 1000} s`);
  try {
    await withinLimit(ports.clock, sweepLimitMs, undefined, onLimit, async (signal) => {
      const driver = await open();
      const keys: string[] = [];
      for await (const { key } of driver.list(lastPrefix, { signal })) keys.push(key);
      for (const key of keys) await driver.remove(key, { signal });
    });
    return undefined;
  } catch (thrown) {
    return `objects below ${lastPrefix} may be left: ${reasonOf(thrown)}`;
  } finally {
    await opener.closeRest();
  }
}
