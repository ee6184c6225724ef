import type { Capabilities } from "../../plugin/driver.ts";
import { makeVisible, type Terminal } from "../terminal.ts";

/** How a case got the store: as the backend opens it, or behind the runtime's layers. */
export type CaseMode = "bare" | "layered";

export interface PlannedCase {
  readonly id: string;
  readonly title: string;
  /** Of a store. */
  readonly mode?: CaseMode;
  /** It fails for every service that does not start. */
  readonly starts?: boolean;
}

/** One case, as `--json` prints it. */
export interface CheckedCase {
  readonly id: string;
  readonly mode?: CaseMode;
  readonly title: string;
  /**
   * "covered": it fails bare, and passes behind the layers, which is all that a device ever sees. "unshown": nothing is wrong, but
   * without arguments that mean something it shows nothing.
   */
  readonly status: "passed" | "covered" | "unshown" | "failed";
  readonly ms: number;
  readonly expected?: string;
  readonly found?: string;
  /** What could not be cleared away. */
  readonly left?: string;
}

export function nameOf({ id, mode }: Pick<PlannedCase, "id" | "mode">): string {
  return mode === undefined ? id : `${mode} ${id}`;
}

/** What came of all cases, and how to go on. */
export interface Checked {
  /** As named on the command line. */
  readonly plugin: string;
  readonly cases: readonly CheckedCase[];
  /** What was to be run and was not, and why. */
  readonly notRun: readonly string[];
  /** Every case was asked for. */
  readonly isWhole: boolean;
  /** Cases that were not wanted. */
  readonly skipped: readonly string[];
  /** The command line that runs these cases again with what was given; every case without any. */
  again(cases: readonly string[]): string;
}

function showFinding({ expected, found, left }: CheckedCase): string {
  const lines = [`expected  ${expected}`, `found     ${found}`, ...(left === undefined ? [] : [`left      ${left}`])];
  return lines.map((line) => `\n    ${line.replace(/\n/g, "\n              ")}`).join("");
}

const styles = { passed: "green", covered: "yellow", unshown: "yellow", failed: "red" } as const;

/** A case's line, and what was expected and found where it failed. */
export function showCase(one: CheckedCase, terminal: Terminal): string {
  const { status, mode, id, title } = one;
  const word = terminal.paint(styles[status], (status === "failed" ? "FAILED" : status).padEnd(7));
  const line = `${word}  ${mode === undefined ? "" : `${mode.padEnd(7)}  `}${id}: ${makeVisible(title)}`;
  return status === "failed" || status === "unshown" ? line + showFinding(one) : line;
}

export function countCases(cases: readonly CheckedCase[], status: CheckedCase["status"]): number {
  return cases.filter((one) => one.status === status).length;
}

/** What was not run, a line each. */
export function showNotRun(notRun: readonly string[], terminal: Terminal): void {
  for (const what of notRun) terminal.print(`${terminal.paint("yellow", "not run")}: ${makeVisible(what)}`);
}

/** What the verdict adds where cases were not wanted. */
export function tellSkipped(skipped: readonly string[]): string {
  return skipped.length === 0 ? "" : `; left out with --skip: ${skipped.map(makeVisible).join(", ")}`;
}

/** The end of a store's check: a summary, or with `--json` everything. */
export function showStore(
  { plugin, cases, notRun, skipped }: Checked,
  { file, backend, can }: { readonly file: string; readonly backend: string; readonly can: Capabilities },
  isJson: boolean,
  terminal: Terminal,
): void {
  const count = (status: CheckedCase["status"]) => countCases(cases, status);
  const [passed, covered, failed] = [count("passed"), count("covered"), count("failed")];
  if (isJson) {
    const counts = { passed, covered, failed };
    terminal.printJson({ plugin, file, kind: "store", backend, can, cases, ...counts, not_run: notRun, skipped });
    return;
  }
  showNotRun(notRun, terminal);
  const words = [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    `${failed + covered === 0 ? "all " : ""}${passed} passed`,
    ...(covered === 0 ? [] : [`${covered} only behind the layers, which is enough`]),
  ];
  terminal.print(
    `store ${backend} (${makeVisible(file)}): ${cases.length} cases, layered and bare: ${words.join(", ")}${tellSkipped(skipped)}`,
  );
}
