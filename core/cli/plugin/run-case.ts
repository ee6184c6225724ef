import type { Clock } from "../../plugin/surroundings.ts";
import { withinLimit } from "../../ports/clock.ts";
import { MissingArguments } from "../../testkit/service-cases/case.ts";
import { readFinding } from "./finding.ts";
import type { LostErrors } from "./lost.ts";
import type { CheckedCase, PlannedCase } from "./report.ts";

/** Milliseconds that a lost error may be late without being taken for the next case's. */
const lateMs = 5;

/** Runs one case to its end or its limit; then `clear`, which is told whether it hangs and answers what could not be cleared away. */
export async function runCase(
  one: PlannedCase & { readonly limitMs: number; run(): Promise<void> },
  subject: "store" | "service",
  parts: {
    readonly clock: Clock;
    readonly lost: LostErrors;
    /** The command that was called last, as an expression. */
    lastCall?(): string | undefined;
    clear?(isHung: boolean): Promise<string | undefined>;
  },
): Promise<CheckedCase> {
  const { clock, lost } = parts;
  const { id, title, mode, limitMs } = one;
  const begun = clock.elapsed();
  let isHung = false;
  const onLimit = () => {
    isHung = true;
    const call = parts.lastCall?.();
    const after = call === undefined ? "" : `; the last command that was called: ${call}`;
    return new Error(`it did not end within ${limitMs / 1000} s${after}`);
  };
  let failure: unknown;
  try {
    await withinLimit(clock, limitMs, undefined, onLimit, () => one.run());
  } catch (thrown) {
    failure = thrown;
  }
  const ms = Math.round(clock.elapsed() - begun);
  const left = await parts.clear?.(isHung);
  await clock.sleep(lateMs, new AbortController().signal);
  const uncaught = lost.take();
  const known = { id, ...(mode === undefined ? {} : { mode }), title, ms };
  if (failure === undefined && uncaught.length === 0) return { ...known, status: "passed" };
  const finding =
    failure === undefined
      ? { expected: "no error that nobody catches", found: uncaught.join("; ") }
      : readFinding(failure, `the ${subject} ${title}`);
  const status = failure instanceof MissingArguments ? "unshown" : "failed";
  return { ...known, status, ...finding, ...(left === undefined ? {} : { left }) };
}
