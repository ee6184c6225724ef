import type { ReportEntry } from "../../core/command/report.ts";
import { mostAttempts } from "../../core/journal/recover.ts";
import type { EntryKind, SentEntry } from "./documents.ts";
import type { Findings, Sort } from "./findings.ts";
import type { Tally } from "./tally.ts";

const onceKinds: readonly EntryKind[] = ["once", "count", "large", "stay"];

/** One entry, what its report says, and what it did. */
export interface EntryCase {
  readonly entry: SentEntry;
  readonly told: ReportEntry;
  /** Attempts in the order of their effects. */
  readonly attempts: readonly number[];
  /** An entry before it failed, and the document says what follows from that. */
  readonly mayBeSkipped: boolean;
  /** The disk failed: it may not have taken the result. */
  readonly mayBeUnkept: boolean;
}

/** Judges one result against the effects; every end that is not allowed is a finding. */
export function judgeEntry(judged: EntryCase, findings: Findings, tally: Tally): void {
  const { entry, told, attempts } = judged;
  const tell = (sort: Sort, why: string) => {
    const shown = JSON.stringify({ ...told, result: told.result.slice(0, 100) });
    findings.tell(sort, `${entry.command}: ${why}; effects at attempts [${attempts}], told ${shown}`);
  };
  const isOnce = onceKinds.includes(entry.kind);
  if (isOnce && attempts.length > 1) tell("double", "ran twice");
  if (told.attempts > mostAttempts) tell("double", "ran too often");
  const isRising = attempts.every((attempt, index) => attempt > (attempts[index - 1] ?? 0) && attempt <= told.attempts);
  if (!isRising) tell("double", "has effects of attempts that were not counted");
  if (told.id !== entry.id) tell("torn", "has another id");
  if (told.attempts > 1) tally.repeated += 1;
  if (told.status === "ok") {
    tally.ok += 1;
    if (attempts.at(-1) !== told.attempts) tell("lost", "is ok without its effect");
    const isRight = entry.result === undefined || told.result === JSON.stringify(entry.result);
    if (!isRight) tell("torn", "has a wrong result");
    return;
  }
  switch (told.error?.code) {
    case "interrupted":
      if (isOnce) {
        tally.unknown += 1;
        tally.unknownWithEffect += attempts.length;
      } else {
        tally.givenUp += 1;
        if (told.attempts < mostAttempts) tell("lost", "was given up early");
      }
      return;
    case "command-skipped":
      tally.skipped += 1;
      if (!judged.mayBeSkipped) tell("lost", "was skipped for no reason");
      if (attempts.length > 0) tell("double", "is told as not run");
      return;
    case "quarantined":
      tally.quarantined += 1;
      if (isOnce && attempts.length > 0) tell("double", "is told as not run");
      return;
    case "disk-full":
    case "result-lost":
      tally.unkept += 1;
      if (!judged.mayBeUnkept) tell("lost", "had a disk that works");
      if (isOnce && attempts.length === 0) tell("lost", "is told as carried out");
      return;
    default:
      tell("lost", "failed for no reason");
  }
}
