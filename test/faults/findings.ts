/** What must never be: an accepted entry without its one result, a second run, something half written, something that never ends. */
export type Sort = "lost" | "double" | "torn" | "stuck";

/** Faults that were found, by sort. */
export class Findings {
  readonly #faults: { readonly sort: Sort; readonly text: string }[] = [];

  tell(sort: Sort, text: string): void {
    this.#faults.push({ sort, text });
  }

  /** Takes over what was found in one of many cases. */
  take(others: Findings, about: string): void {
    for (const { sort, text } of others.#faults) this.tell(sort, `${about}\n${text}`);
  }

  get isAny(): boolean {
    return this.#faults.length > 0;
  }

  get texts(): readonly string[] {
    return this.#faults.map(({ sort, text }) => `${sort}: ${text}`);
  }

  /** "0 lost, 0 double, 0 torn, 0 stuck" */
  get summary(): string {
    const count = (sort: Sort) => this.#faults.filter((fault) => fault.sort === sort).length;
    return (["lost", "double", "torn", "stuck"] as const).map((sort) => `${count(sort)} ${sort}`).join(", ");
  }
}
