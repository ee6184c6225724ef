import type { KeptValues } from "../journal/records.ts";
import type { Json } from "../plugin/surroundings.ts";

/** What a handler may bring about beside its result. */
export interface Consequences {
  /** Makes state that changed with a result durable. */
  commit(kept: KeptValues): Promise<void>;
  /** Throws "state-too-large" for what could not be kept. */
  check(kept: KeptValues): void;
  /** Somebody asked for the runtime to be started again. */
  restart(service: string): void;
}

/** State that a handler changes with its result: nothing of it counts before the result does. */
export class Keeping {
  readonly #owner: string;
  readonly #check: (kept: KeptValues) => void;
  readonly #values = new Map<string, Json | undefined>();
  readonly #waiting: (() => void)[] = [];
  #isAnswered = false;

  constructor(owner: string, check: (kept: KeptValues) => void) {
    this.#owner = owner;
    this.#check = check;
  }

  /**
   * Resolves when the change is durable; never when the command ends without a result to go with it. Throws at once what cannot be
   * kept: a handler does not wait for the promise.
   */
  put(name: string, value: Json | undefined): Promise<void> {
    if (this.#isAnswered) throw new Error("the command has ended: keep() is for its handler while it runs");
    this.#check(this.#all(new Map(this.#values).set(name, value)));
    this.#values.set(name, value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The handler has answered: what it keeps counts, even where its answer cannot be told. */
  answer(): void {
    this.#isAnswered = true;
  }

  /** What counts; undefined when nothing was changed, or the handler did not answer. */
  get kept(): KeptValues | undefined {
    return this.#isAnswered && this.#values.size > 0 ? this.#all(this.#values) : undefined;
  }

  #all(kept: ReadonlyMap<string, Json | undefined>): KeptValues {
    // What is forgotten has no value at all: a list with a hole in it would not be JSON.
    const values = [...kept].map(([name, value]): KeptValues["values"][number] =>
      value === undefined ? [name] : [name, value],
    );
    return { owner: this.#owner, values };
  }

  /** The changes are durable. */
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
