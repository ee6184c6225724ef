import { createHash } from "node:crypto";
import { batchName, unreadBatchName, versionOf } from "../../core/command/identity.ts";
import { documentKey } from "../../core/command/report.ts";
import type { Bucket } from "./bucket.ts";
import type { Dice } from "./dice.ts";
import { type PlannedDocument, writeDocument } from "./documents.ts";
import type { Ledger } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

/** Milliseconds between two documents of one service: within one second equal bytes cannot be told apart. */
const leastGapMs = 1100;
/** A copy into a folder stands still for less than two looks are apart. */
const longestStallMs = 60;

export interface OperatorOptions {
  readonly plan: Plan;
  readonly incoming: Bucket;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly dice: Dice;
}

/** Puts the documents of the plan, each when its time has come. */
export class Operator implements Owner {
  readonly name = "operator";
  readonly #options: OperatorOptions;
  readonly #waiting: PlannedDocument[];
  readonly #lastPut = new Map<string, number>();
  readonly #busy = new Set<string>();
  /** The last document of each service that lies or lay whole in the store. */
  readonly last = new Map<
    string,
    {
      readonly document: PlannedDocument;
      readonly batch: string /** Its batch has no report yet: the device will run it. */;
      readonly isNew: boolean;
    }
  >();

  constructor(options: OperatorOptions) {
    this.#options = options;
    this.#waiting = [...options.plan.documents];
  }

  get isDone(): boolean {
    return this.#waiting.length === 0 && this.#busy.size === 0;
  }

  /** Begins whatever is due. */
  act(): void {
    const { scheduler } = this.#options;
    for (const document of this.#waiting) {
      const isDue = scheduler.steps >= document.step || scheduler.time >= document.ms;
      if (!isDue || this.#isBlocked(document.service) || scheduler.time < this.#earliest(document.service)) continue;
      this.#waiting.splice(this.#waiting.indexOf(document), 1);
      this.#begin(document);
      return;
    }
  }

  /** When time alone lets the next document come, in milliseconds of the world. */
  get nextMs(): number {
    const times = this.#waiting.flatMap(({ ms, service }) =>
      this.#isBlocked(service) ? [] : [Math.max(ms, this.#earliest(service))],
    );
    return Math.min(...times);
  }

  #earliest(service: string): number {
    return (this.#lastPut.get(service) ?? -leastGapMs) + leastGapMs;
  }

  /** Where documents are removed after their run, nobody puts the next one before. */
  #isBlocked(service: string): boolean {
    const { plan, incoming } = this.#options;
    if (this.#busy.has(service)) return true;
    const isRemoved = plan.after === "delete" && this.last.get(service)?.isNew === true;
    return isRemoved && incoming.get(documentKey(service)) !== undefined;
  }

  #begin(document: PlannedDocument): void {
    const { plan, incoming, scheduler, dice } = this.#options;
    const { service } = document;
    const original = plan.documents.find(({ number }) => number === document.again) ?? document;
    const bytes = writeDocument(original);
    const key = documentKey(service);
    this.#busy.add(service);
    const finish = () => {
      this.#busy.delete(service);
      this.#lastPut.set(service, scheduler.time);
      const { info } = incoming.put(key, bytes);
      const isLarge = original.broken === "large";
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const made = isLarge ? unreadBatchName(info) : batchName(sha256, versionOf(info));
      const batch = original.broken === undefined ? (original.id ?? made) : made;
      const isNew = this.#options.ledger.find(service, batch) === undefined;
      this.last.set(service, { document, batch, isNew });
      this.#options.ledger.put(service, batch, document);
    };
    const what = `put ${key}: document ${document.number}`;
    if (!plan.isFolder || dice.chance(0.5)) {
      void scheduler.perform(this, what, finish);
      return;
    }
    void scheduler.perform(this, `${what}, its beginning`, () => {
      incoming.put(key, bytes.subarray(0, dice.below(bytes.byteLength)));
      scheduler.after(this, dice.between(1, longestStallMs), finish);
    });
  }
}
