import { fault, RustiqError, reasonOf } from "../errors.ts";
import { reasonIn, type Service, type ServiceSet } from "../host/services.ts";
import type { Command } from "../plugin/contract.ts";
import { StoreError } from "../plugin/driver.ts";
import type { Clock, Json } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import { isDiskFull } from "../ports/files.ts";
import { checkResult } from "./result.ts";

/** A handler that has not ended this long after its abort makes its service "stuck". Milliseconds. */
export const abortGraceMs = 1000;

/** Runs one handler within its limit and checks what it answers. At the limit, or cancelled, the handler gets a grace to end in. */
export async function runHandler(run: {
  readonly clock: Clock;
  readonly services: ServiceSet;
  readonly service: Service;
  readonly command: string;
  readonly definition: Command;
  readonly handler: (given: { readonly signal: AbortSignal }) => unknown;
  readonly limitMs: number;
  readonly resultBytes: number;
  readonly signal: AbortSignal;
  /** The handler has answered within its limit, whatever becomes of its answer. */
  readonly onAnswer: () => void;
  /** It goes on although its abort's grace is over. */
  readonly onStuck: () => void;
}): Promise<Json> {
  const { clock, command, limitMs } = run;
  const service = run.service.name;
  let running: Promise<unknown> | undefined;
  let answer: unknown;
  try {
    answer = await withinLimit(
      clock,
      limitMs,
      run.signal,
      () => describeLimit(run.services.find(service), { service, command, limit: limitMs }),
      (signal) => {
        running = (async () => run.handler({ signal }))();
        return running;
      },
    );
  } catch (thrown) {
    if (running !== undefined) await letEnd(run, running);
    throw toFault(thrown, service, command, run.signal);
  }
  run.onAnswer();
  return checkResult(answer, { ...run, service });
}

/** A service that has not been there is to blame, not the command: its process may have been started again meanwhile. */
function describeLimit(
  now: Service | undefined,
  details: { readonly service: string; readonly command: string; readonly limit: number },
): RustiqError {
  const reason = reasonIn(now);
  if (now?.status !== "running" || reason === undefined) return fault("command-timeout", details);
  return fault("service-failed", { service: details.service, reason });
}

/**
 * Resolves when the handler has ended: what is asked next must not begin beside it. One that has not noticed its abort in time is
 * left to itself, and nothing more is asked of its service until it has ended.
 */
function letEnd(
  run: {
    readonly clock: Clock;
    readonly services: ServiceSet;
    readonly service: Service;
    readonly command: string;
    readonly onStuck: () => void;
  },
  running: Promise<unknown>,
): Promise<void> {
  return new Promise((resolve) => {
    let free = () => {};
    const cancel = run.clock.after(abortGraceMs, () => {
      free = run.services.markStuck(run.service.name, `${run.command} goes on although it was told to end`);
      run.onStuck();
      resolve();
    });
    const settle = () => {
      cancel();
      free();
      resolve();
    };
    running.then(settle, settle);
  });
}

function toFault(thrown: unknown, service: string, command: string, outer: AbortSignal): unknown {
  if (outer.aborted && thrown === outer.reason) {
    return fault("command-cancelled", { service, command, reason: reasonOf(thrown) });
  }
  if (thrown instanceof RustiqError) return thrown;
  if (isDiskFull(thrown)) {
    const reason = `${service}.${command} could not write: ${reasonOf(thrown)}`;
    return fault("disk-full", { reason }, { cause: thrown });
  }
  if (thrown instanceof StoreError) return new RustiqError(`store-${thrown.code}`, thrown.message, { cause: thrown });
  return fault("command-failed", { service, command, reason: reasonOf(thrown) }, { cause: thrown });
}
