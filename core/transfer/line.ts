import type { OutboxItem } from "../journal/records.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { Bell } from "./bell.ts";

/** What failed and is left alone for a while. */
export interface Wait {
  failures: number;
  /** `elapsed()` before which it is left alone. */
  notBefore: number;
}

/** A store's line of waiting items: it waits as a whole while nobody answers, single items while only they cannot be sent. */
export class Line implements Wait {
  failures = 0;
  notBefore = 0;
  isSending = false;
  readonly bell: Bell;
  readonly #store: string;
  /** By key: the newer version of what is refused waits in its place. */
  readonly #waits = new Map<string, Wait>();

  constructor(store: string, clock: Clock) {
    this.#store = store;
    this.bell = new Bell(clock);
  }

  /**
   * The oldest of the items that may be sent; when there is none, the `elapsed()` at which there is one; undefined when nothing waits
   * here. Uploads of one key keep their order: only the oldest of each may go.
   */
  next(items: Iterable<OutboxItem>, now: number): OutboxItem | number | undefined {
    const keys = new Set<string>();
    let soonest = Number.POSITIVE_INFINITY;
    for (const item of items) {
      if (item.store !== this.#store || keys.has(item.key)) continue;
      const { notBefore } = this.#waits.get(item.key) ?? { notBefore: 0 };
      if (notBefore <= now) return item;
      keys.add(item.key);
      soonest = Math.min(soonest, notBefore);
    }
    // What was dropped meanwhile.
    for (const key of this.#waits.keys()) if (!keys.has(key)) this.#waits.delete(key);
    return keys.size === 0 ? undefined : soonest;
  }

  /** The item's own wait. */
  waitOf({ key }: OutboxItem): Wait {
    const wait = this.#waits.get(key) ?? { failures: 0, notBefore: 0 };
    this.#waits.set(key, wait);
    return wait;
  }

  /** The item is done. */
  forget({ key }: OutboxItem): void {
    this.#waits.delete(key);
  }
}
