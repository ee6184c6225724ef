import { AsyncLocalStorage } from "node:async_hooks";
import { fault } from "../errors.ts";
import type { Json } from "../plugin/surroundings.ts";
import type { Prepared, RunOptions } from "./prepared.ts";

/** Calls that may run inside one another, the outermost counted. */
export const deepestCall = 16;
/** Names of a chain that are told. */
const namesTold = 4;

/** A call that runs, and the one that it was made in. */
interface RunningCall {
  readonly name: string;
  readonly depth: number;
  readonly outer: RunningCall | undefined;
  isRunning: boolean;
}

/** The call whose handler runs. It follows timers, promises and callbacks of the handler. */
const running = new AsyncLocalStorage<RunningCall | undefined>();

/** The innermost call that has not ended: what a handler leaves to a timer may run long after it. */
function findOuter(): RunningCall | undefined {
  let call = running.getStore();
  while (call !== undefined && !call.isRunning) call = call.outer;
  return call;
}

function describeChain(innermost: RunningCall | undefined): string {
  const names: string[] = [];
  let call = innermost;
  for (; call !== undefined && names.length < namesTold; call = call.outer) names.unshift(call.name);
  return `${call === undefined ? "" : "… > "}${names.join(" > ")}`;
}

/** The call, refused with "call-depth" where too many run around it already. */
export function boundDepth(prepared: Prepared): Prepared {
  const { service, command } = prepared;
  const run = async (options: RunOptions): Promise<Json> => {
    const outer = findOuter();
    const depth = (outer?.depth ?? 0) + 1;
    if (depth > deepestCall) {
      throw fault("call-depth", { service, command, limit: deepestCall, chain: describeChain(outer) });
    }
    const call: RunningCall = { name: `${service}.${command}`, depth, outer, isRunning: true };
    try {
      return await running.run(call, () => prepared.run(options));
    } finally {
      call.isRunning = false;
    }
  };
  return { ...prepared, run };
}
