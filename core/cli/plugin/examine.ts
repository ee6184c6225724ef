import { didYouMean } from "../../near.ts";
import { usageFault } from "../failure.ts";
import type { LostErrors } from "./lost.ts";
import type { Examination, ExaminerMessage } from "./messages.ts";
import type { OpenerPorts } from "./opener.ts";
import { nameOf, type PlannedCase } from "./report.ts";
import { runCase } from "./run-case.ts";

/** What the process that runs a plugin works with. */
export interface Examined {
  readonly asked: Examination;
  readonly ports: OpenerPorts;
  readonly lost: LostErrors;
  /** Resolves when the message is on its way. */
  tell(message: ExaminerMessage): Promise<void>;
  /** Nothing more is to be begun. */
  isStopped(): boolean;
}

/** A case that can be run. */
export interface ReadyCase extends PlannedCase {
  readonly limitMs: number;
  run(onCall: (call: string) => void): Promise<void>;
  /** Clears away what it left; answers what could not be. */
  clear?(isHung: boolean): Promise<string | undefined>;
}

/** Of those planned the cases that are asked for, or each, but for those to skip. `all` are those there are. Throws "usage" for one that does not apply. */
export function chooseCases<One extends ReadyCase>(
  planned: readonly One[],
  subject: "store" | "service",
  { only, without }: Pick<Examination, "only" | "without">,
  all: readonly { readonly id: string }[] = planned,
): readonly One[] {
  const known = new Set(all.map(({ id }) => id));
  const unknown = [...only, ...without].find((id) => !known.has(id));
  if (unknown === undefined) {
    return planned.filter(({ id }) => (only.length === 0 || only.includes(id)) && !without.includes(id));
  }
  const hint = didYouMean(unknown, known) ?? `Its cases: ${[...known].join(", ")}.`;
  throw usageFault(`no case ${unknown} applies to this ${subject}`, hint);
}

/** Runs what is planned and was not run by a process before this one, and tells of each. */
export async function runCases(
  planned: readonly ReadyCase[],
  subject: "store" | "service",
  notRun: readonly string[],
  { asked, ports, lost, tell, isStopped }: Examined,
): Promise<void> {
  const cases = planned.map(({ id, title, mode, starts }) => ({
    ...{ id, title },
    ...(mode === undefined ? {} : { mode }),
    ...(starts === undefined ? {} : { starts }),
  }));
  await tell({ tell: "planned", cases, notRun });
  let hasFailedToStart = false;
  for (const [index, one] of planned.entries()) {
    const plain = cases[index];
    if (plain === undefined || asked.skip.includes(nameOf(one))) continue;
    if (isStopped()) break;
    // The others would only say the same.
    if (hasFailedToStart && one.starts === true) continue;
    await tell({ tell: "begin", one: plain });
    const limitMs = asked.limitMs ?? one.limitMs;
    const clear = one.clear === undefined ? {} : { clear: one.clear };
    let lastCall: string | undefined;
    const run = () =>
      one.run((call) => {
        lastCall = call;
        // Not waited for, and yet on its way when the command is called.
        void tell({ tell: "calling", call });
      });
    const parts = { clock: ports.clock, lost, lastCall: () => lastCall, ...clear };
    const checked = await runCase({ ...plain, limitMs, run }, subject, parts);
    hasFailedToStart ||= one.id === "starts" && checked.status === "failed";
    await tell({ tell: "end", checked });
  }
}
