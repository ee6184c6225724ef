import type { Capabilities } from "../../plugin/driver.ts";
import { makeVisible, type Terminal } from "../terminal.ts";

/** How a case got the store: as the backend opens it, or behind the runtime's layers. */
export type CaseMode = "bare" | "layered";

/** One case, as `--json` prints it. */
export interface CheckedCase {
  readonly id: string;
  readonly mode: CaseMode;
  readonly title: string;
  /** "covered": it fails bare, and passes behind the layers, which is all that a device ever sees. */
  readonly status: "passed" | "covered" | "failed";
  readonly ms: number;
  readonly expected?: string;
  readonly found?: string;
  /** What could not be cleared away. */
  readonly left?: string;
}

export interface CheckedStore {
  /** As named on the command line. */
  readonly plugin: string;
  readonly file: string;
  readonly backend: string;
  readonly can: Capabilities;
  readonly cases: readonly CheckedCase[];
  /** Cases that were to be run. */
  readonly planned: number;
  /** Whether another process sees what this one writes. */
  readonly isShared: boolean;
}

const notShared =
  "cases in which several processes race: another process does not see what this one writes, so the store is of one process only";

function showFailure({ expected, found, left }: CheckedCase): string {
  const lines = [`expected  ${expected}`, `found     ${found}`, ...(left === undefined ? [] : [`left      ${left}`])];
  return lines.map((line) => `\n    ${line.replace(/\n/g, "\n              ")}`).join("");
}

const styles = { passed: "green", covered: "yellow", failed: "red" } as const;

/** A case's line, and what was expected and found where it failed. */
export function showCase(one: CheckedCase, terminal: Terminal): string {
  const { status, mode, id, title } = one;
  const word = terminal.paint(styles[status], (status === "failed" ? "FAILED" : status).padEnd(7));
  const line = `${word}  ${mode.padEnd(7)}  ${id}: ${makeVisible(title)}`;
  return status === "failed" ? line + showFailure(one) : line;
}

/** The end of a check: a summary, or with `--json` everything. */
export function showStore(found: CheckedStore, isJson: boolean, terminal: Terminal): void {
  const { plugin, file, backend, can, cases, planned, isShared } = found;
  const count = (status: CheckedCase["status"]) => cases.filter((one) => one.status === status).length;
  const [passed, covered, failed] = [count("passed"), count("covered"), count("failed")];
  const untried = [
    ...(isShared ? [] : [notShared]),
    ...(cases.length < planned ? [`${planned - cases.length} cases: stopped`] : []),
  ];
  if (isJson) {
    terminal.printJson({ plugin, file, kind: "store", backend, can, cases, passed, covered, failed, not_run: untried });
    return;
  }
  for (const what of untried) terminal.print(`${terminal.paint("yellow", "not run")}: ${what}`);
  const words = [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    `${failed + covered === 0 ? "all " : ""}${passed} passed`,
    ...(covered === 0 ? [] : [`${covered} only behind the layers, which is enough`]),
  ];
  terminal.print(
    `store ${backend} (${makeVisible(file)}): ${cases.length} cases, layered and bare: ${words.join(", ")}`,
  );
}
