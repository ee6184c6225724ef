import { type Capabilities, type CapabilityName, noCapabilities } from "../plugin/driver.ts";

export type Unproven = Partial<Record<CapabilityName, boolean>>;

/** What one store honours, as far as is known by now: what its backend declares, and what its very place was found to do. */
export class KnownCapabilities {
  readonly declared: Capabilities;
  /** Declared capabilities that the place may not have. */
  readonly doubtful: readonly CapabilityName[];
  #now: Capabilities;

  constructor(declared: Partial<Capabilities>, unproven: Unproven = {}) {
    this.declared = { ...noCapabilities, ...declared };
    this.doubtful = (Object.keys(unproven) as CapabilityName[]).filter((name) => this.declared[name]);
    this.#now = this.declared;
    this.learn(unproven);
  }

  get now(): Capabilities {
    return this.#now;
  }

  /** Takes what was found out. What was not declared stays away whatever was found. */
  learn(found: Unproven): void {
    const changed = { ...this.#now };
    for (const name of this.doubtful) changed[name] = found[name] ?? changed[name];
    this.#now = Object.freeze(changed);
  }
}
