import type { Totals } from "./messages.ts";

/** Faults that are kept in words; more are only counted. */
const mostTold = 20;

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return "code" in thrown ? String(thrown.code) : thrown.name;
}

/** What the traffic came to. */
export class Tally {
  readonly #operations = new Map<string, { done: number; failed: number }>();
  readonly #errors = new Map<string, number>();
  readonly #wrong: string[] = [];
  readonly #sent: string[] = [];
  #untold = 0;

  done(kind: string): void {
    this.#of(kind).done += 1;
  }

  failed(kind: string, thrown: unknown): void {
    this.#of(kind).failed += 1;
    const name = `${kind}: ${codeOf(thrown)}`;
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
  }

  wrong(faults: readonly string[]): void {
    for (const fault of faults) {
      if (this.#wrong.length < mostTold) this.#wrong.push(fault);
      else this.#untold += 1;
    }
  }

  sent(name: string): void {
    this.#sent.push(name);
  }

  get totals(): Totals {
    const more = this.#untold === 0 ? [] : [`and ${this.#untold} more`];
    const [operations, errors] = [Object.fromEntries(this.#operations), Object.fromEntries(this.#errors)];
    return { operations, errors, wrong: [...this.#wrong, ...more], sent: this.#sent };
  }

  #of(kind: string): { done: number; failed: number } {
    const known = this.#operations.get(kind) ?? { done: 0, failed: 0 };
    this.#operations.set(kind, known);
    return known;
  }
}
