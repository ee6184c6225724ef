import type { Configuration, StoreEntry } from "../config/configuration.ts";
import { reasonOf } from "../errors.ts";
import type { CapabilityName, Driver } from "../plugin/driver.ts";
import type { Clock, Log, Random } from "../plugin/surroundings.ts";
import type { Files } from "../ports/files.ts";
import type { KnownCapabilities } from "../store/known.ts";
import { type Probed, probePlace } from "../store/probe.ts";
import { readFindings, writeFindings } from "./findings.ts";

export interface PlaceParts {
  readonly configuration: Configuration;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Where a store's objects are: a server that may do less than its backend declares. */
export class Place {
  readonly known: KnownCapabilities;
  readonly #entry: StoreEntry;
  readonly #parts: PlaceParts;
  readonly #trial: Driver;
  #isTried = false;

  /** `trial` is the same place behind layers that refuse nothing. */
  constructor(entry: StoreEntry, parts: PlaceParts, known: KnownCapabilities, trial: Driver) {
    this.#entry = entry;
    this.#parts = parts;
    this.#trial = trial;
    this.known = known;
  }

  /** Whether it is still to be found out what this place can. */
  get isDoubtful(): boolean {
    return this.known.doubtful.length > 0 && !this.#isTried;
  }

  /** Takes what was found out earlier. */
  async recall(): Promise<void> {
    if (this.known.doubtful.length === 0) return;
    const { files, configuration, clock } = this.#parts;
    const findings = await readFindings(files, configuration.stateDir, this.#entry, clock.now());
    if (findings === undefined) return;
    this.known.learn(findings.found);
    this.#isTried = true;
  }

  /** Finds out by trying, and keeps it in the state folder. Throws the signal's reason only. */
  async probe(signal: AbortSignal): Promise<Probed> {
    const { files, configuration, clock, random, log } = this.#parts;
    const probed = await probePlace(this.#trial, this.known.doubtful, random, signal);
    const { found, untried } = probed;
    this.known.learn(found);
    this.#isTried = true;
    const store = this.#entry.name;
    const missing = this.known.doubtful.filter((name: CapabilityName) => found[name] === false);
    if (missing.length > 0) log.info(`store ${store}: its server has no ${missing.join(", ")}`, { store });
    // Without an answer, or with half of one, the next start tries again; what may not be tried at all stays so.
    const isWhole = Object.values(untried).every(({ code }) => code === "denied");
    if (!isWhole) return probed;
    try {
      await writeFindings(files, configuration.stateDir, this.#entry, { found, at: clock.now() });
    } catch (thrown) {
      log.debug(`what the server of store ${store} can is not kept: ${reasonOf(thrown)}`, { store });
    }
    return probed;
  }
}

/** Finds out, one after the other, what the servers can of which nothing is known yet. Never throws. */
export async function probePlaces(
  stores: readonly { readonly place?: Place | undefined }[],
  signal: AbortSignal,
): Promise<void> {
  for (const { place } of stores) {
    if (place?.isDoubtful === true && !signal.aborted) await place.probe(signal).catch(() => undefined);
  }
}
