import type { Invocation } from "../../grammar/index.ts";
import type { Call } from "./contract.ts";

/** What the command path knows of a call beyond the contract, for who forwards it to another process. */
export interface CallPath {
  /** What was written, and not what the device's schemas have made of it. */
  readonly invocation: Invocation;
  /** Milliseconds that the run may take. */
  readonly limitMs: number;
  /** Records that the command begins once more, as its attempt of this number. Throws what the disk says; then it must not begin. */
  again(attempt: number): Promise<void>;
}

const path = Symbol("rustiq/path");

interface ForwardedCall extends Call {
  readonly [path]?: CallPath | undefined;
}

/** The call with its path; a copy of its members keeps it. */
export function withPath(call: Call, known: CallPath): Call {
  const handedOn: ForwardedCall = { ...call, [path]: known };
  return handedOn;
}

/** The path of a call that the command path has made. */
export function pathOf(call: Call): CallPath {
  const found = (call as ForwardedCall)[path];
  if (found === undefined) throw new Error("the call comes from no expression");
  return found;
}
