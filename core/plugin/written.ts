import type { Invocation } from "../../grammar/index.ts";
import type { Call } from "./contract.ts";

/** Not part of the contract: who forwards a call hands on what was written, and not what its schemas have made of it. */
const written = Symbol("rustiq/written");

interface WrittenCall extends Call {
  readonly [written]?: Invocation | undefined;
}

/** The call with the invocation that it stands for; a copy of its members keeps it. */
export function withInvocation(call: Call, invocation: Invocation): Call {
  const handedOn: WrittenCall = { ...call, [written]: invocation };
  return handedOn;
}

/** The invocation that a call of the command path stands for. */
export function invocationOf(call: Call): Invocation {
  const found = (call as WrittenCall)[written];
  if (found === undefined) throw new Error("the call comes from no expression");
  return found;
}
