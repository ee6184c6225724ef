import type { Effect } from "../plugin/contract.ts";
import type { Json } from "../plugin/surroundings.ts";
import type { Keeping } from "./consequences.ts";

/** A command that is ready to run: parsed, looked up, its arguments checked. */
export interface Prepared {
  readonly service: string;
  readonly command: string;
  readonly effect: Effect;
  run(options: RunOptions): Promise<Json>;
}

/** What a run is given; the last two are what a handler may bring about beside its result. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** Which entry of which document it is, for the log. */
  readonly entry?: { readonly batch: string; readonly index: number } | undefined;
  readonly attempt: number;
  /** Milliseconds that whoever asks gives it, where that is less than the command's own limit. */
  readonly limitMs?: number | undefined;
  /** What the handler left when it restarted the runtime. */
  readonly restarted?: { readonly note: Json } | undefined;
  readonly keeping: Keeping;
  /** `signal` is the handler's own, which ends the wait for the restart. */
  restart(note: Json, signal: AbortSignal): Promise<never>;
  /** Records that the command begins once more: the process of its service has ended. Nothing is recorded without it. */
  again?(attempt: number): Promise<void>;
}
