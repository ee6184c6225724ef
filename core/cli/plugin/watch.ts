import { RustiqError } from "../../errors.ts";
import type { Clock, Json } from "../../plugin/surroundings.ts";
import { type Child, startChild } from "../../ports/child.ts";
import type { Examination, ExaminerMessage } from "./messages.ts";

/** Milliseconds without a sign of life after which a process is taken to spin. */
const silenceMs = 10_000;
/** The least of it, where cases get less: a busy machine lets a process wait. */
const leastSilenceMs = 3_000;
/** Lines of what a plugin prints that are passed on. */
const mostLines = 200;

/** How a process ended that ran a plugin. */
export type Ended =
  | { readonly how: "done" }
  /** The plugin ended it, or kept it so busy that it had to be. */
  | { readonly how: "died"; readonly reason: string };

export interface Watching {
  readonly clock: Clock;
  /** Everything but signs of life and faults. */
  onMessage(message: ExaminerMessage): void;
  onOutput(line: string): void;
}

/** One process that runs a plugin, from its start to its end. */
export class Examiner {
  readonly #child: Child;
  readonly #ended: Promise<Ended>;
  #lastSign: number;
  #cancel: () => void = () => undefined;

  constructor(asked: Examination, { clock, onMessage, onOutput }: Watching) {
    this.#lastSign = clock.elapsed();
    let isDone = false;
    let lines = 0;
    let reason: string | undefined;
    let fault: Error | undefined;
    const limitMs = Math.min(silenceMs, Math.max(leastSilenceMs, asked.limitMs ?? silenceMs));
    let resolve: (ended: Ended) => void;
    let reject: (thrown: Error) => void;
    this.#ended = new Promise<Ended>((...settle) => {
      [resolve, reject] = settle;
    });
    let isLoaded = false;
    this.#child = startChild("examiner.js", {
      message: (given: Json) => {
        // What this product's own other side sends.
        const message = given as unknown as ExaminerMessage;
        this.#lastSign = clock.elapsed();
        if (message.tell === "loaded") isLoaded = true;
        if (message.tell === "done") isDone = true;
        else if (message.tell === "fault") fault = readFault(message);
        else if (message.tell !== "alive") onMessage(message);
      },
      output: (line) => {
        if (++lines <= mostLines) onOutput(line);
        if (lines === mostLines) onOutput(`what the plugin prints beyond ${mostLines} lines is not shown`);
      },
      end: (how) => {
        this.#cancel();
        if (fault !== undefined) reject(fault);
        else resolve(isDone ? { how: "done" } : { how: "died", reason: reason ?? `it ended the process (${how})` });
      },
    });
    const look = () => {
      // A module may take its time: only what a case does is measured by the limit of cases.
      const most = isLoaded ? limitMs : silenceMs;
      if (clock.elapsed() - this.#lastSign > most) {
        reason = `it let nothing else run for ${most / 1000} s, as an endless loop does; the process was ended`;
        this.#child.kill();
      } else this.#cancel = clock.after(250, look);
    };
    look();
    // An interface is never assignable to `Json`, for want of an index; its members are.
    this.#child.send(asked as unknown as Json);
  }

  /** Resolves when the process has ended. Rejects with the fault that keeps the plugin from being used. */
  get ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Nothing more is begun. */
  stop(): void {
    this.#child.send("stop");
  }
}

function readFault({ code, message, hint }: Extract<ExaminerMessage, { readonly tell: "fault" }>): Error {
  return code === null ? new Error(message) : new RustiqError(code, message, { hint: hint ?? undefined });
}
