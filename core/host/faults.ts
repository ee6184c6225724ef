import { RustiqError } from "../errors.ts";

/** Several faults at once, with the code of the first: what scripts ask for is what came first. */
export class GatheredFaults extends RustiqError {
  readonly faults: readonly RustiqError[];

  constructor(faults: readonly [RustiqError, ...RustiqError[]], cure: string) {
    const lines = faults.map(({ message, hint }) => (hint === undefined ? message : `${message}\n  hint: ${hint}`));
    super(faults[0].code, `${faults.length} faults:\n${lines.join("\n")}`, { hint: cure, cause: faults[0].cause });
    this.faults = faults;
  }
}

/** One fault as it is, several as one that tells them all, with the `cure` for the whole; undefined for none. */
export function gatherFaults(faults: readonly RustiqError[], cure: string): RustiqError | undefined {
  // What kept a store from opening is told with the store.
  const causes = new Set(faults.map(({ cause }) => cause));
  const [first, ...rest] = [...new Set(faults)].filter((one) => !causes.has(one));
  if (first === undefined || rest.length === 0) return first;
  return new GatheredFaults([first, ...rest], cure);
}
