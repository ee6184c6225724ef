import type { StoreErrorCode } from "../plugin/driver.ts";

/** What a store was asked for since the start of the process, as it is told in JSON. */
export interface Traffic {
  /** By operation; each try counts, and a listing is one whatever its pages. */
  readonly requests: Readonly<Record<string, number>>;
  /** Requests that came to a good end: for a read that of its body. "missing" is a good end. */
  readonly answered: number;
  /** Those that did not, by the class of their error. */
  readonly failed: Readonly<Partial<Record<StoreErrorCode, number>>>;
  /** Requests that were made because an earlier one had failed. */
  readonly retries: number;
  /** Bytes of bodies only. Those that were sent in vain count too. */
  readonly bytes_up: number;
  readonly bytes_down: number;
}

/** Counts what goes over one store. Nothing is kept but sums. */
export class Account {
  readonly #requests = new Map<string, number>();
  readonly #failed = new Map<StoreErrorCode, number>();
  #answered = 0;
  #retries = 0;
  #bytesUp = 0;
  #bytesDown = 0;

  /** Bytes either way. */
  get bytes(): number {
    return this.#bytesUp + this.#bytesDown;
  }

  get isEmpty(): boolean {
    return this.#requests.size === 0;
  }

  begin(operation: string): void {
    this.#requests.set(operation, (this.#requests.get(operation) ?? 0) + 1);
  }

  answer(): void {
    this.#answered += 1;
  }

  fail(code: StoreErrorCode): void {
    this.#failed.set(code, (this.#failed.get(code) ?? 0) + 1);
  }

  repeat(): void {
    this.#retries += 1;
  }

  sendBytes(count: number): void {
    this.#bytesUp += count;
  }

  receiveBytes(count: number): void {
    this.#bytesDown += count;
  }

  describe(): Traffic {
    return {
      requests: Object.fromEntries(this.#requests),
      answered: this.#answered,
      failed: Object.fromEntries(this.#failed),
      retries: this.#retries,
      bytes_up: this.#bytesUp,
      bytes_down: this.#bytesDown,
    };
  }
}
