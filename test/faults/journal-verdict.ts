import type { Findings } from "./findings.ts";

/** What `rustiq journal --json` tells, as far as it is judged here. */
interface JournalAnswer {
  readonly stopped: boolean;
  readonly damages: number;
  readonly damaged_now: readonly string[];
  readonly services: readonly { readonly service: string; readonly open: unknown }[];
  readonly waiting: readonly unknown[];
  readonly outbox: { readonly dropped: number };
}

/** Judges the journal of a device that was stopped when it had nothing more to do. */
export function judgeJournal(answer: JournalAnswer, findings: Findings): void {
  const { stopped, damages, damaged_now, services, waiting, outbox } = answer;
  const open = services.filter((service) => service.open !== null);
  if (!stopped) findings.tell("torn", "the journal does not say that the device was stopped");
  if (damages > 0 || damaged_now.length > 0)
    findings.tell("torn", `the journal counts ${damages} damages: ${damaged_now}`);
  if (open.length > 0) findings.tell("stuck", `the journal has open batches: ${JSON.stringify(open)}`);
  if (waiting.length > 0) findings.tell("stuck", `the journal has waiting uploads: ${JSON.stringify(waiting)}`);
  if (outbox.dropped > 0) findings.tell("lost", `the outbox has dropped ${outbox.dropped} uploads`);
}
