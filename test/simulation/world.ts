import type { StorePlugin } from "../../core/plugin/contract.ts";
import { createBackend } from "./backend.ts";
import { Bucket } from "./bucket.ts";
import { storeNames } from "./configuration.ts";
import { Dice } from "./dice.ts";
import { Disk } from "./disk.ts";
import { filmKey } from "./effects.ts";
import type { Kit } from "./kit.ts";
import { Ledger, type Violation } from "./ledger.ts";
import { Operator } from "./operator.ts";
import type { Plan } from "./plan.ts";
import { type Owner, Scheduler } from "./scheduler.ts";
import { Weather } from "./weather.ts";

/** Everything that outlives a process: disk, buckets, operator, weather, and the ledger of what was seen. */
export class World implements Owner {
  readonly name = "world";
  readonly plan: Plan;
  readonly dice: Dice;
  readonly scheduler = new Scheduler();
  readonly disk = new Disk();
  readonly ledger: Ledger;
  readonly weather: Weather;
  readonly operator: Operator;
  /** The backends of the buckets, for a runtime. */
  readonly backends: readonly StorePlugin[];
  /** What the object that commands download holds. */
  readonly film = Buffer.alloc(1500, "film ");
  readonly #buckets: ReadonlyMap<string, Bucket>;
  readonly #onLine: ((line: string) => void) | undefined;
  #violation: Violation | undefined;

  constructor(plan: Plan, kit: Kit, onLine: ((line: string) => void) | undefined) {
    this.plan = plan;
    this.dice = new Dice(plan.seed);
    this.#onLine = onLine;
    const { scheduler } = this;
    if (onLine !== undefined) scheduler.onStep = (what, { name }) => this.tell(`${name}: ${what}`);
    this.ledger = new Ledger(plan, (violation) => this.fail(violation));
    this.weather = new Weather(plan, this.dice.split(), () => scheduler.steps);
    this.#buckets = new Map(storeNames.map((name) => [name, this.#makeBucket(name)]));
    this.backends = [...this.#buckets.values()].map((bucket) => this.#makeBackend(bucket, kit));
    const incoming = this.bucket("incoming");
    this.operator = new Operator({ plan, incoming, ledger: this.ledger, scheduler, dice: this.dice.split() });
    this.bucket("contents").put(filmKey, this.film);
  }

  /** The first rule that was broken. */
  get violation(): Violation | undefined {
    return this.#violation;
  }

  bucket(name: (typeof storeNames)[number]): Bucket {
    const found = this.#buckets.get(name);
    if (found === undefined) throw new Error(`no bucket ${name}`);
    return found;
  }

  fail(violation: Violation): void {
    this.#violation ??= violation;
    this.tell(`broken: ${violation.check}: ${violation.message}`);
  }

  /** A line of the trace. */
  tell(line: string): void {
    const { steps, time } = this.scheduler;
    this.#onLine?.(`${String(steps).padStart(5)} ${time.toFixed(0).padStart(9)} ms  ${line}`);
  }

  #makeBucket(name: string): Bucket {
    const serverTime = () => this.plan.serverWall + this.scheduler.time;
    return new Bucket(name, this.plan.isVersioned, serverTime, (change) => {
      this.ledger.see(change);
    });
  }

  #makeBackend(bucket: Bucket, kit: Kit): StorePlugin {
    const { scheduler, weather, ledger, plan } = this;
    const { createOnce } = plan;
    const isFolder = plan.isFolder && bucket.name === "incoming";
    const isZombie = (sender: Owner) => ledger.zombies.has(sender);
    const landLate = <T>(land: () => T) => ledger.landLate(land);
    const dice = this.dice.split();
    const server = { bucket, scheduler, weather, dice, createOnce, isFolder, network: this, isZombie, landLate };
    return createBackend(server, kit.storeSchema);
  }
}
