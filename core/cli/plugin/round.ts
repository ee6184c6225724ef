import { fault } from "../../errors.ts";
import type { Terminal } from "../terminal.ts";
import type { Examination, ExaminerMessage, Loaded } from "./messages.ts";
import { type CheckedCase, nameOf, type PlannedCase, showCase } from "./report.ts";
import { showOffer } from "./verdict.ts";

/** What is known of a check while processes run its cases, one process after the other. */
export class Round {
  readonly #isJson: boolean;
  readonly #terminal: Terminal;
  readonly #done: CheckedCase[] = [];
  #loaded: Loaded | undefined;
  #isImported = false;
  #deaths = 0;
  #planned: readonly PlannedCase[] = [];
  #untried: readonly string[] = [];
  #current: PlannedCase | undefined;
  #prefix = "";
  #call: string | undefined;
  #givenUp: string | undefined;

  constructor(isJson: boolean, terminal: Terminal) {
    this.#isJson = isJson;
    this.#terminal = terminal;
  }

  get loaded(): Loaded | undefined {
    return this.#loaded;
  }

  /** Why a plugin cannot be used whose process ended before any case. */
  unusable(use: string, path: string, reason: string): Error {
    return this.#isImported
      ? fault("plugin-unusable", { use: path, reason })
      : fault("plugin-import", { place: "plugin", use: path, file: use, reason });
  }

  get cases(): readonly CheckedCase[] {
    return this.#done;
  }

  /** What the next process need not do, and what the last one has left. */
  get rest(): Pick<Examination, "skip" | "sweep"> {
    return { skip: this.#planned.filter((one) => this.#isOver(one)).map(nameOf), sweep: this.#prefix };
  }

  /** What was to be run and was not, and why. */
  get notRun(): readonly string[] {
    const left = this.#planned.filter((one) => !this.#done.some((done) => nameOf(done) === nameOf(one)));
    const unstarted = left.filter((one) => this.#isOver(one));
    const others = left.length - unstarted.length;
    return [
      ...this.#untried,
      ...(unstarted.length === 0 ? [] : [`${unstarted.length} cases that start it: it does not start`]),
      ...(others === 0 ? [] : [`${others} cases: ${this.#givenUp ?? "stopped"}`]),
    ];
  }

  take(message: ExaminerMessage): void {
    if (message.tell === "imported") this.#isImported = true;
    else if (message.tell === "loaded") this.#load(message.loaded);
    else if (message.tell === "planned") [this.#planned, this.#untried] = [message.cases, message.notRun];
    else if (message.tell === "prefix") this.#prefix = message.prefix;
    else if (message.tell === "end") this.#end(message.checked);
    else if (message.tell === "calling") this.#call = message.call;
    else if (message.tell === "begin") {
      this.#current = message.one;
      const at = this.#planned.findIndex((one) => nameOf(one) === nameOf(message.one)) + 1;
      this.#terminal.tellProgress(`${at} of ${this.#planned.length}  ${nameOf(message.one)}`);
    }
  }

  /** The process ended in the middle: that is what the case has found. */
  die(reason: string, goesOn: boolean): void {
    this.#deaths += 1;
    const current = this.#current;
    if (current !== undefined) {
      const { id, title, mode } = current;
      const expected = `the ${this.#loaded?.kind ?? "plugin"} ${title}`;
      const prefix = this.#prefix;
      this.#end({
        ...{ id, ...(mode === undefined ? {} : { mode }), title, status: "failed", ms: 0 },
        ...{ expected, found: this.#call === undefined ? reason : `while ${this.#call} was called ${reason}` },
      });
      this.#prefix = prefix;
    } else this.#givenUp = reason;
    if (!goesOn) this.#givenUp = `given up, because a process was lost in each of ${this.#deaths} cases`;
  }

  #load(loaded: Loaded): void {
    if (this.#loaded === undefined && loaded.kind === "service" && !this.#isJson) showOffer(loaded, this.#terminal);
    this.#loaded ??= loaded;
  }

  #end(found: CheckedCase): void {
    this.#current = undefined;
    this.#call = undefined;
    this.#prefix = "";
    const isCovered = this.#done.some(({ id, status }) => id === found.id && status === "passed");
    const checked: CheckedCase =
      found.status === "failed" && found.mode === "bare" && isCovered ? { ...found, status: "covered" } : found;
    this.#done.push(checked);
    const isTold = checked.status === "failed" || checked.status === "unshown" || this.#terminal.isRead;
    if (!this.#isJson && isTold) this.#terminal.print(showCase(checked, this.#terminal));
  }

  #isOver(one: PlannedCase): boolean {
    if (this.#done.some((done) => nameOf(done) === nameOf(one))) return true;
    return one.starts === true && this.#done.some(({ id, status }) => id === "starts" && status === "failed");
  }
}
