import type { Injection } from "./strace.ts";
import { changesFile, describeCall, type TracedCall } from "./trace.ts";

/** A call that is to be struck: the `nth` that does this to that file. */
export interface Target {
  readonly call: string;
  readonly what: string;
  readonly nth: number;
  /** How many of these calls the thread had made in this trace. */
  readonly count: number;
}

/** The calls of a trace that change files of the folder. */
export function listTargets(calls: readonly TracedCall[], folder: string): readonly Target[] {
  const times = new Map<string, number>();
  return calls
    .filter((call) => changesFile(call, folder))
    .map((traced) => {
      const what = describeCall(traced, folder);
      const nth = (times.get(what) ?? 0) + 1;
      times.set(what, nth);
      return { call: traced.call, what, nth, count: traced.count };
    });
}

export function isSameCall(one: Target, other: Target): boolean {
  return one.what === other.what && one.nth === other.nth;
}

/** The target as another trace has it. */
export function findTarget(target: Target, among: readonly Target[]): Target | undefined {
  return among.find((other) => isSameCall(target, other));
}

/** The file-changing call that the injection struck; undefined when it struck another call, or none. */
export function findStruck(
  injection: Injection,
  calls: readonly TracedCall[],
  folder: string,
  isKilled: boolean,
): Target | undefined {
  const marked = calls.find(({ isInjected }) => isInjected);
  // strace marks the call that it lets fail, but not the one at which it sends a signal.
  const { call, count } = injection.fault === "kill" ? injection : (marked ?? {});
  if (injection.fault === "kill" && !isKilled) return undefined;
  return listTargets(calls, folder).find((target) => target.call === call && target.count === count);
}
