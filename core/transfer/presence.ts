import type { ClockTrust } from "../command/trust.ts";
import type { Configuration } from "../config/configuration.ts";
import { sha256Of } from "../digest.ts";
import { reasonOf } from "../errors.ts";
import type { GuestState } from "../host/isolate/parts.ts";
import type { BootTree } from "../host/lifecycle.ts";
import type { Oversight } from "../host/oversight.ts";
import type { ServiceSet } from "../host/services.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import { changeKept } from "../journal/kept.ts";
import { describeCommands, spellCommand } from "../plugin/describe.ts";
import type { Clock, Json, Log } from "../plugin/surroundings.ts";
import type { Traffic } from "../store/account.ts";
import { CLOCK, CLOCK_TRUST, CONFIGURATION, JOURNAL, LOG, OUTBOX, OVERSIGHT, SERVICES } from "../tokens.ts";
import type { Outbox } from "./outbox.ts";
import { statusStore } from "./places.ts";
import { Rhythm } from "./rhythm.ts";

const capabilitiesKey = "device/capabilities.json";
const heartbeatKey = "device/heartbeat.json";
/** Owner of what the runtime itself keeps in the journal. */
const keeper = "device";

/** Tells the central system that the device lives and what it can do (SPEC 4). */
@injectable()
export class Presence {
  readonly #configuration: Configuration;
  readonly #services: ServiceSet;
  readonly #journal: Journal;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #trust: ClockTrust;
  readonly #oversight: Oversight;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(SERVICES) services: ServiceSet,
    @inject(JOURNAL) journal: Journal,
    @inject(OUTBOX) outbox: Outbox,
    @inject(CLOCK) clock: Clock,
    @inject(LOG) log: Log,
    @inject(CLOCK_TRUST) trust: ClockTrust,
    @inject(OVERSIGHT) oversight: Oversight,
  ) {
    this.#configuration = configuration;
    this.#services = services;
    this.#journal = journal;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#log = log;
    this.#trust = trust;
    this.#oversight = oversight;
  }

  /** Uploads what changed, then a heartbeat at each interval, and soon after a service's state has, until the signal aborts. */
  async run(version: string, boot: BootTree, signal: AbortSignal): Promise<void> {
    const start = { boot_id: this.#journal.state.boot ?? "", epoch: this.#journal.epoch, boot: describeBoot(boot) };
    const describeStart = () => ({ ...start, stores: describeTraffic(boot.stores) });
    const rhythm = new Rhythm(this.#clock, this.#configuration.heartbeatMs);
    this.#services.onChange(() => rhythm.noteChange());
    while (!signal.aborted) {
      rhythm.beat();
      this.#trust.note();
      await this.tellCapabilities(version);
      try {
        await this.#outbox.acceptPresence(heartbeatKey, toBytes(this.#heartbeat(version, describeStart())));
      } catch (thrown) {
        this.#log.warn(`the heartbeat could not be kept for upload: ${reasonOf(thrown)}`);
      }
      await rhythm.next(signal);
    }
  }

  /** Puts what the device can do into the outbox if it is not what was told last. Never throws. */
  async tellCapabilities(version: string): Promise<void> {
    // Noted as told, it would not be told once there is such a store.
    if (!this.#configuration.stores.some(({ name }) => name === statusStore)) return;
    try {
      await this.#keepCapabilities(version);
    } catch (thrown) {
      this.#log.warn(`the capabilities could not be kept for upload: ${reasonOf(thrown)}`);
    }
  }

  async #keepCapabilities(version: string): Promise<void> {
    const services = this.#services.all().map((service) => ({
      service: service.name,
      status: service.status,
      ...("plugin" in service && service.plugin !== undefined
        ? { about: service.plugin.about, commands: describeCommands(service.plugin).map(spellCommand) }
        : {}),
    }));
    const bytes = toBytes({ device_id: this.#configuration.deviceId, runtime_version: version, services });
    const digest = sha256Of(bytes);
    if (this.#journal.state.kept.get(keeper)?.get(capabilitiesKey) === digest) return;
    await this.#outbox.acceptPresence(capabilitiesKey, bytes);
    await changeKept(this.#journal, { owner: keeper, values: [[capabilitiesKey, digest]] });
  }

  #heartbeat(version: string, start: object): object {
    const plugins: Record<string, Json> = {};
    const processes: Record<string, GuestState> = {};
    for (const service of this.#services.all()) {
      if ("guest" in service && service.guest !== undefined) processes[service.name] = service.guest.state;
      plugins[service.name] =
        "reason" in service && service.reason ? `${service.status}: ${service.reason}` : service.status;
    }
    const { boots, damages, lastDamage, clockFloor } = this.#journal.state;
    const { depth, size: bytes, isFull: is_full, dropped } = this.#outbox;
    return {
      device_id: this.#configuration.deviceId,
      runtime_version: version,
      ...start,
      boots,
      time: new Date(this.#clock.now()).toISOString(),
      clock: { trusted: this.#trust.isTrusted, floor: new Date(clockFloor).toISOString() },
      plugins,
      ...(Object.keys(processes).length === 0 ? {} : { processes }),
      outbox: { depth, bytes, is_full, dropped },
      stalls: this.#oversight.stalls,
      journal: { damages, ...(lastDamage === undefined ? {} : { last_damage: lastDamage }) },
    };
  }
}

function toBytes(document: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(document)}\n`);
}

/** What went over each store that was asked for anything, since the start. */
export function describeTraffic(stores: BootTree["stores"]): Readonly<Record<string, Traffic>> {
  const used = stores.filter(({ account }) => !account.isEmpty);
  return Object.fromEntries(used.map(({ store, account }) => [store.name, account.describe()]));
}

/** How the start went, in whole milliseconds; reasons of failures stand with the services' states. */
function describeBoot({ stores, services }: BootTree): object {
  return {
    stores: stores.map(({ store, ms, failure }) => ({
      name: store.name,
      open_ms: Math.round(ms),
      failed: failure !== undefined,
    })),
    services: services.map(({ name, loadMs, startMs, failure }) => ({
      name,
      load_ms: Math.round(loadMs),
      start_ms: Math.round(startMs),
      failed: failure !== undefined,
    })),
  };
}
