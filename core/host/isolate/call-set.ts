import { AsyncResource } from "node:async_hooks";
import type { Call } from "../../plugin/contract.ts";

/** The commands that are running in a guest, by their numbers. */
export class CallSet {
  readonly #calls = new Map<number, { readonly call: Call; readonly scope: AsyncResource }>();
  #next = 1;

  add(call: Call): number {
    const number = this.#next++;
    this.#calls.set(number, { call, scope: new AsyncResource("rustiq-call") });
    return number;
  }

  remove(number: number): void {
    this.#calls.delete(number);
  }

  /** Throws for a call that has ended. */
  get(number: number): Call {
    return this.#find(number).call;
  }

  /** Runs what the handler of a call asks for as if it was called by that handler here. Throws for a call that has ended. */
  within<T>(number: number, work: () => T): T {
    return this.#find(number).scope.runInAsyncScope(work);
  }

  #find(number: number) {
    const found = this.#calls.get(number);
    if (found === undefined) throw new Error("the command has ended: this is for its handler while it runs");
    return found;
  }
}
