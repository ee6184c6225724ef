import { fault } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Store, Stores } from "../plugin/surroundings.ts";

/** The stores of one device by name. */
export class StoreSet implements Stores {
  readonly #stores: ReadonlyMap<string, Store>;

  /** Names are unique; the configuration checks it. */
  constructor(stores: Iterable<Store>) {
    this.#stores = new Map(Array.from(stores, (store) => [store.name, store]));
  }

  get(name: string): Store {
    const store = this.#stores.get(name);
    if (store !== undefined) return store;
    const known = [...this.#stores.keys()];
    throw fault("store-unknown", { name, known: known.join(", ") || "none" }, { hint: didYouMean(name, known) });
  }

  all(): readonly Store[] {
    return [...this.#stores.values()];
  }
}
