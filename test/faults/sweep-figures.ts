import { Findings } from "./findings.ts";
import type { Injection } from "./strace.ts";
import { Tally } from "./tally.ts";

export type SweptFault = Injection["fault"];

/** What a sweep has done and found. */
export class SweepFigures {
  readonly findings = new Findings();
  readonly tally = new Tally();
  /** File-changing calls that the workload makes in every run, each of which is to be struck. */
  readonly listed = { kill: 0, EIO: 0, ENOSPC: 0 };
  /** Strikes that hit a file-changing call, as strace tells. */
  readonly struck = { kill: 0, EIO: 0, ENOSPC: 0 };
  /** Faults that struck nothing, or something else. */
  readonly missed: string[] = [];
  /** The same, of calls that the workload makes only now and then. */
  readonly passing: string[] = [];

  /** One line. */
  tell(name: string, seconds: number): string {
    const { findings, missed, passing, tally } = this;
    const tellFault = (fault: SweptFault) =>
      `${this.listed[fault]} file-changing calls struck ${this.struck[fault]} times by ${fault}`;
    return [
      `${name}: ${tellFault("kill")}, ${tellFault("EIO")}, ${tellFault("ENOSPC")};`,
      ` missed: ${missed.join(", ") || "none"}; not made in every run, and not met: ${passing.join(", ") || "none"};`,
      ` ${tally.tell()};`,
      ` ${findings.summary}; ${Math.round(seconds)} s`,
    ].join("");
  }
}
