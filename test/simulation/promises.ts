import type { Visit } from "./ledger.ts";

/** What the runtime has promised to handlers: that something is kept, uploaded or downloaded. */
export class Promises {
  /** Uploads that were accepted: key and number of the run that gave it. */
  readonly sent = new Map<string, number>();
  /** Paths of downloads that were said to be there. */
  readonly fetched = new Set<string>();
  readonly #kept = new Map<string, Visit>();
  readonly #committed = new Map<string, Visit>();

  confirmKept(visit: Visit): void {
    this.#kept.set(visit.place, visit);
  }

  /** A change of state counts, and with it the result that it came with. */
  confirmCommitted(visit: Visit): void {
    this.#committed.set(visit.place, visit);
  }

  /**
   * What is wrong with the state that a service finds when it starts. `isOk` says of a command with a report whether it ended well:
   * what it changed with its result is there exactly then.
   */
  findProblem(
    service: string,
    entries: readonly (readonly [string, unknown])[],
    isOk: (place: string) => boolean | undefined,
  ): string | undefined {
    const found = new Map(entries);
    for (const { place, number, service: owner } of this.#kept.values()) {
      const value = found.get(`kept ${place}`);
      const isThere = typeof value === "number" && value >= number;
      if (owner === service && !isThere) return `what ${place} has kept is ${String(value)}, not ${number}`;
    }
    for (const { place, number, service: owner } of this.#committed.values()) {
      const value = found.get(`committed ${place}`);
      if (owner === service && value !== number)
        return `what ${place} has committed is ${String(value)}, not ${number}`;
    }
    for (const name of found.keys()) {
      const [kind, place = ""] = name.split(" ");
      if (kind === "committed" && isOk(place) === false) return `${place} has committed and is no success`;
    }
    return undefined;
  }
}
