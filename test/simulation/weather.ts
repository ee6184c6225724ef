import type { Dice } from "./dice.ts";
import type { Fault, Plan } from "./plan.ts";

/** What befalls one request to a store. */
export type Misfortune =
  /** It fails without having reached the store. */
  | "refused"
  /** It is carried out or not, and then fails. */
  | "unknown"
  | "throttled"
  | "slow"
  /** Its answer takes longer than anybody waits. */
  | "hung"
  | "truncated"
  | "broken"
  | "stale"
  /** It is carried out, and once more later. */
  | "twice";

const misfortunes: readonly [Misfortune, ...Misfortune[]] = [
  "refused",
  "unknown",
  "unknown",
  "throttled",
  "slow",
  "hung",
  "truncated",
  "broken",
  "twice",
];

/** Which faults of the plan are on. */
export class Weather {
  readonly #faults: readonly Fault[];
  readonly #dice: Dice;
  readonly #step: () => number;
  /** The step from which on nothing is wrong any more. */
  end: number;

  constructor(plan: Plan, dice: Dice, step: () => number) {
    this.#faults = plan.faults;
    this.#dice = dice;
    this.#step = step;
    this.end = Math.max(0, ...plan.faults.map(({ to }) => to));
  }

  get isFair(): boolean {
    return this.#step() >= this.end;
  }

  /** From now on nothing is wrong. */
  clear(): void {
    this.end = Math.min(this.end, this.#step());
  }

  failsDisk(): boolean {
    return this.#strikes("io");
  }

  failsSync(): boolean {
    return this.#strikes("sync");
  }

  passesTime(): boolean {
    return this.#strikes("slip");
  }

  /** Bytes that others leave on the disk, where they take it. */
  get room(): number | undefined {
    for (const fault of this.#active()) if (fault.kind === "full") return fault.free;
    return undefined;
  }

  /** What befalls the next request. */
  drawMisfortune(): Misfortune | undefined {
    for (const fault of this.#active()) {
      if (fault.kind === "outage") return this.#dice.chance(0.8) ? "refused" : "hung";
      if (fault.kind === "network" && this.#dice.chance(fault.chance)) return this.#dice.pick(misfortunes);
      if (fault.kind === "stale" && this.#dice.chance(fault.chance)) return "stale";
    }
    return undefined;
  }

  #strikes(kind: "io" | "sync" | "slip"): boolean {
    if (this.isFair) return false;
    for (const fault of this.#active()) if (fault.kind === kind && this.#dice.chance(fault.chance)) return true;
    return false;
  }

  *#active(): Generator<Fault> {
    const step = this.#step();
    if (step >= this.end) return;
    for (const fault of this.#faults) if (fault.from <= step && step < fault.to) yield fault;
  }
}
