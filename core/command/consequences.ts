import type { KeptValues } from "../journal/records.ts";
import type { Json } from "../plugin/surroundings.ts";

/** What a handler may bring about beside its result. */
export interface Consequences {
  /** Makes state that changed with a result durable. */
  commit(kept: KeptValues): Promise<void>;
  /** Somebody asked for the runtime to be started again. */
  restart(service: string): void;
}

/** State that a handler changes with its result: nothing of it counts before the result does. */
export class Keeping {
  readonly #values = new Map<string, Json | undefined>();
  readonly #waiting: (() => void)[] = [];

  /** Resolves when the change counts; never when the command ends without a result to go with it. */
  put(name: string, value: Json | undefined): Promise<void> {
    this.#values.set(name, value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Undefined when nothing was changed. */
  of(owner: string): KeptValues | undefined {
    if (this.#values.size === 0) return undefined;
    // What is forgotten has no value at all: a list with a hole in it would not be JSON.
    const values = [...this.#values].map(([name, value]): KeptValues["values"][number] =>
      value === undefined ? [name] : [name, value],
    );
    return { owner, values };
  }

  /** The changes count from now on. */
  complete(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Resolves never; rejects with the signal's reason, so that a handler which waits for the end is told of it. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
